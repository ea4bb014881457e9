/** Bodies that are too large for one turn on the socket between daemon and worker. */
import { access, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { addArchive } from '../helpers/archives.ts';
import { startDaemon, type Daemon } from '../helpers/daemon.ts';
import { post, send } from '../helpers/http.ts';
import { createRandom } from '../helpers/random.ts';

/** Tells what it got; the first process dies over its first large input. */
const DIGEST = `
  import { createHash } from 'node:crypto';
  import { existsSync, writeFileSync } from 'node:fs';
  export function handle(rows) {
    if (rows?.some(({ body }) => body.length > 1000) && !existsSync(process.env.DIED)) {
      writeFileSync(process.env.DIED, '');
      process.exit(1);
    }
    return rows?.map(({ body }) => createHash('sha256').update(body).digest('hex') + ' ' + body.length);
  }
`;

let daemon: Daemon;
let root: string;

beforeAll(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'marserve-test-'));
  daemon = await startDaemon({
    root,
    config: { job_queue_size: 1000, worker_env_vars: '^DIED$' },
    env: { DIED: path.join(root, 'died') },
    fill: (store) => addArchive(store, { name: 'digest', source: DIGEST }),
  });
  await post(`${daemon.management}/models?url=digest.mar&initial_workers=2&batch_size=8`);
});

afterAll(async () => {
  await daemon.close();
  await rm(root, { recursive: true, force: true });
});

it('reach their handler whole, in batches of any size, again and again, and again when their worker dies', async () => {
  const random = createRandom(7);
  const bodies = Array.from({ length: 120 }, () =>
    Buffer.alloc(random.integer(1, 1500) * random.integer(1, 1500), random.bytes(61)),
  );
  const expected = await Promise.all(bodies.map(digest));
  const given: string[] = [];
  const indices = bodies.keys();
  await Promise.all(
    Array.from({ length: 24 }, async () => {
      for (const index of indices) given[index] = await ask(bodies[index] ?? Buffer.alloc(0));
    }),
  );
  expect(given).toEqual(expected);
  await expect(access(path.join(root, 'died'))).resolves.toBeUndefined();
});

async function ask(body: Buffer): Promise<string> {
  const headers = { 'content-type': 'application/octet-stream' };
  return (await send(`${daemon.inference}/predictions/digest`, { method: 'POST', body, headers })).text;
}

async function digest(body: Buffer): Promise<string> {
  const hash = Buffer.from(await crypto.subtle.digest('SHA-256', body)).toString('hex');
  return `${hash} ${body.length}`;
}
