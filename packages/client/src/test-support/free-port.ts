import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

/** Below the ports that systems give to clients and for port 0: nobody gets one by chance before it is used. */
const PORTS = [10_240, 32_768] as const;

/** A port of loopback that nobody has. */
export async function freePort(): Promise<number> {
  for (;;) {
    const server = createServer().listen(randomInt(...PORTS), '127.0.0.1');
    try {
      const address = await once(server, 'listening').then(() => server.address());
      if (address === null || typeof address === 'string') continue;
      await once(server.close(), 'close');
      return address.port;
    } catch {
      // Somebody has it.
    }
  }
}
