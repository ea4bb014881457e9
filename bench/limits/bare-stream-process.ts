/** Started by scenarios/stream.ts: answers in as many events as it is told, without a worker. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { answerWith } from '../child.ts';

const PARTS = Number(process.argv[2]);

const server = createServer((request, response) => {
  request.resume();
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  write().catch(() => response.destroy());

  async function write(): Promise<void> {
    for (let part = 0; part < PARTS; part += 1) {
      const event = `data: {"text_output":"${process.hrtime.bigint()}"}\n\n`;
      if (!response.write(event)) await once(response, 'drain');
      await turn();
    }
    response.end();
  }
});

answerWith(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { port: (server.address() as AddressInfo).port };
});
