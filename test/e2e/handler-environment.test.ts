/** What handlers see of the server's environment, and what becomes of the processes that they start. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addArchive } from '../helpers/archives.ts';
import { registerModels, startDaemon, type Daemon } from '../helpers/daemon.ts';
import { put, remove, send } from '../helpers/http.ts';
import { isAlive } from '../helpers/processes.ts';

const CURIOUS = `
  import { spawn } from 'node:child_process';
  const SLEEP = ['-c', 'sleep 600 & echo $!; wait'];
  export default class Curious {
    handle(data) {
      return Promise.all(data.map(({ body }) => DO[body]()));
    }
  }
  const start = (command, args, options) => new Promise((resolve) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'ignore'], ...options });
    child.stdout.once('data', (chunk) => resolve([child.pid, Number(chunk)]));
  });
  const DO = {
    env: () => process.env,
    cwd: () => process.cwd(),
    stack: () => new Error('here').stack,
    'attached child': () => start('sh', SLEEP),
    'attached child with an environment of its own': () => start('/bin/sh', SLEEP, { env: { PATH: process.env.PATH } }),
    'attached child without an environment': () => start('env', ['-i', '/bin/sh', '-c', '/bin/sleep 600 & echo $!; wait']),
    'detached child': () => start('sh', SLEEP, { detached: true }),
    'child in a session of its own': () => start('setsid', ['sh', ...SLEEP]),
    'orphan': () => start('sh', ['-c', '(setsid sleep 600 & echo $!)'], { detached: true }),
  };
`;

let daemon: Daemon;

beforeAll(async () => {
  daemon = await startDaemon({
    config: { worker_env_vars: '^CHOSEN_', blacklist_env_vars: 'CHOSEN_SECRET|LC_HIDDEN' },
    env: {
      AWS_SECRET_ACCESS_KEY: 's',
      SOME_TOKEN: 's',
      CHOSEN_REGION: 'eu',
      CHOSEN_SECRET: 's',
      LC_TIME: 'C',
      LC_HIDDEN: 's',
    },
    fill: (store) => addArchive(store, { name: 'curious', source: CURIOUS }),
  });
});

afterAll(() => daemon.close());

const ask = (body: string) =>
  send(`${daemon.inference}/predictions/curious`, { method: 'POST', body, headers: { 'content-type': 'text/plain' } });

it('is in the folder of the model, with stacks that show what its author wrote', async () => {
  await registerModels(daemon, ['curious']);
  expect((await ask('cwd')).text).toMatch(new RegExp(`^${daemon.workDir}/.*/models/`));
  expect((await ask('stack')).text).toMatch(/handler\.ts:16:\d+/);
  await remove(`${daemon.management}/models/curious`);
});

it('has what programs need and what was chosen, and no credentials', async () => {
  await registerModels(daemon, ['curious']);
  const env = (await ask('env')).json<Record<string, string>>();
  expect(env).toMatchObject({ PATH: process.env.PATH, CHOSEN_REGION: 'eu', LC_TIME: 'C' });
  for (const name of ['AWS_SECRET_ACCESS_KEY', 'SOME_TOKEN', 'CHOSEN_SECRET', 'LC_HIDDEN', 'LOG_LOCATION']) {
    expect(env).not.toHaveProperty(name);
  }
  await remove(`${daemon.management}/models/curious`);
});

describe.skipIf(process.platform !== 'linux')('a process that a handler has started (Linux)', () => {
  it.each([
    'attached child',
    'attached child with an environment of its own',
    'attached child without an environment',
    'detached child',
    'child in a session of its own',
    'orphan',
  ])('ends with its worker: %s', async (kind) => {
    await registerModels(daemon, ['curious']);
    const pids = (await ask(kind)).json<number[]>();
    expect(await isAlive(pids[1] ?? 0)).toBe(true);
    await put(`${daemon.management}/models/curious?min_worker=0&synchronous=true`);
    for (const pid of pids) await expect.poll(() => isAlive(pid)).toBe(false);
    await remove(`${daemon.management}/models/curious`);
  });
});
