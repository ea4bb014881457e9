/** Work is bound to a worker as late as can be: what was sent ahead to one that turns out to be slow is taken back. */
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GATE } from '../fixtures/gate-handler.ts';
import { addArchive } from '../helpers/archives.ts';
import { startDaemon, type Daemon } from '../helpers/daemon.ts';
import { queueLength } from '../helpers/gate.ts';
import { post, remove, send } from '../helpers/http.ts';

let daemon: Daemon;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'early-binding-'));
  daemon = await startDaemon({
    config: { job_queue_size: 1000 },
    fill: (store) => addArchive(store, { name: 'gate', source: GATE }),
  });
});

afterAll(async () => {
  await daemon.close();
  await rm(folder, { recursive: true, force: true });
});

const ask = (model: string, body: string, signal?: AbortSignal) =>
  send(`${daemon.inference}/predictions/${model}`, {
    method: 'POST',
    body,
    headers: { 'content-type': 'text/plain' },
    signal,
  });

/** Registers the model under a name of its own, and asks it until it is known to be quick. */
async function startQuick(name: string, query: string): Promise<void> {
  const answer = await post(`${daemon.management}/models?url=gate.mar&model_name=${name}&${query}`);
  expect(answer.status).toBe(200);
  await askMany(name, 300);
}

async function askMany(name: string, count: number): Promise<void> {
  const answers = await Promise.all(Array.from({ length: count }, (_, index) => ask(name, `quick-${index}`)));
  expect(answers.map(({ text }) => text)).toEqual(answers.map((_, index) => `quick-${index}`));
}

describe.each(['block', 'wait'])('a worker that is slow for once (its thread %ss)', (verb) => {
  it('keeps no other request from the idle worker', async () => {
    const name = `mix-${verb}`;
    await startQuick(name, 'initial_workers=2&batch_size=1');
    for (let round = 0; round < 5; round += 1) {
      const file = path.join(folder, `${name}-${round}`);
      const quickBefore = askMany(name, 40);
      const slow = ask(name, `${verb} ${file}`);
      // All of them, while the slow one is not answered: it is let go afterwards.
      await Promise.all([quickBefore, askMany(name, 100)]);
      await writeFile(file, '');
      expect((await slow).text).toBe(`${verb} ${file}`);
    }
    await remove(`${daemon.management}/models/${name}`);
  });

  it('runs nothing of a client that has left', async () => {
    const name = `left-${verb}`;
    await startQuick(name, 'initial_workers=1&batch_size=1');
    const file = path.join(folder, name);
    const [ran, begun] = [`${file}-ran`, `${file}-begun`];
    await writeFile(ran, '');
    const slow = ask(name, `${verb} ${file} ${begun}`);
    const clients = Array.from({ length: 60 }, () => new AbortController());
    const answered = new Set<number>();
    const answers = clients.map(({ signal }, index) =>
      ask(name, `quick ${index} ${ran}`, signal).then(
        () => answered.add(index),
        () => undefined,
      ),
    );
    await expect.poll(() => existsSync(begun)).toBe(true);
    // Some may have come before the slow one. Those that were sent ahead have come back as well.
    await expect.poll(async () => (await queueLength(daemon, name)) + answered.size).toBe(60);
    const mayRun = [...clients.keys()].filter((index) => index >= 50 || answered.has(index));
    const waiting = mayRun.length - answered.size;
    for (const client of clients.slice(0, 50)) client.abort();
    await expect.poll(() => queueLength(daemon, name)).toBe(waiting);
    await writeFile(file, '');
    await slow;
    await Promise.all(answers);
    const lines = (await readFile(ran, 'utf8')).trim().split('\n');
    expect(lines.map((line) => Number(line.split(' ')[1])).sort((a, b) => a - b)).toEqual(mayRun);
    await remove(`${daemon.management}/models/${name}`);
  });
});

describe('a worker that hangs', () => {
  it('holds up its own request alone until response_timeout', async () => {
    await startQuick('hung', 'initial_workers=2&batch_size=1&response_timeout=10');
    const quickBefore = askMany('hung', 40);
    const hung = ask('hung', `block ${path.join(folder, 'never')}`);
    let isOver = false;
    const over = hung.then(() => (isOver = true));
    await Promise.all([quickBefore, askMany('hung', 100)]);
    expect(isOver).toBe(false);
    expect((await hung).text).toContain('response_timeout');
    await over;
    await askMany('hung', 40);
  });

  it('runs every request once, whatever was taken back', async () => {
    await startQuick('once', 'initial_workers=2&batch_size=1');
    const ran = path.join(folder, 'once-ran');
    await writeFile(ran, '');
    const files = Array.from({ length: 20 }, (_, index) => path.join(folder, `once-${index}`));
    for (const [round, file] of files.entries()) {
      const [blocking, waiting] = [ask('once', `block ${file}`), ask('once', `wait ${file}-too`)];
      const quick = Array.from({ length: 30 }, (_, index) => ask('once', `quick ${file}#${index} ${ran}`));
      // The worker that is free first has those of the other as well.
      const [first, last] = round % 2 === 0 ? [file, `${file}-too`] : [`${file}-too`, file];
      await writeFile(first, '');
      await Promise.all(quick);
      await writeFile(last, '');
      await Promise.all([blocking, waiting]);
    }
    const lines = (await readFile(ran, 'utf8')).trim().split('\n');
    expect(lines).toHaveLength(20 * 30);
    expect(new Set(lines).size).toBe(20 * 30);
  });
});
