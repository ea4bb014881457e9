import { readFile } from 'node:fs/promises';
import { packageModel } from '@marserve/archiver';
import path from 'node:path';
import { writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addArchive } from '../helpers/archives.ts';
import { registerModels, startDaemon, type Daemon } from '../helpers/daemon.ts';
import { post, send, sendJson } from '../helpers/http.ts';
import { ROOT } from '../helpers/pages.ts';

const FIXTURES = `${ROOT}test/fixtures/explainers/`;
const MODEL = await readFile(`${FIXTURES}boosting-12.onnx`);
const SAMPLES = JSON.parse(await readFile(`${FIXTURES}boosting-12.json`, 'utf8')) as Record<
  'rows' | 'background',
  number[][]
>;
const [ROW = []] = SAMPLES.rows;
const FILES = { 'background.json': JSON.stringify(SAMPLES.background) };

/** It would go on for hours. */
const ENDLESS = 'explainer: {method: permutation_shap, background: background.json, permutations: 100000000}\n';
const MISFIT = 'explainer: {method: kernel_shap, background: background.json}\n';

let daemon: Daemon;

beforeAll(async () => {
  daemon = await startDaemon({
    fill: async (store) => {
      await addArchive(store, {
        name: 'endless',
        model: MODEL,
        handler: 'tabular_classifier',
        config: ENDLESS,
        files: FILES,
      });
      await addArchive(store, {
        name: 'misfit',
        model: MODEL,
        config: MISFIT,
        files: { 'background.json': '[[1, 2]]' },
      });
    },
  });
  await registerModels(daemon, ['endless']);
});

afterAll(() => daemon?.close());

async function workerPid(): Promise<number> {
  const [model] = (await send(`${daemon.management}/models/endless`)).json<{ workers: { pid: number }[] }[]>();
  return model?.workers[0]?.pid ?? 0;
}

describe('an explanation that takes long', () => {
  const explain = (init: RequestInit = {}) => {
    const headers = { 'content-type': 'application/json', ...(init.headers as Record<string, string>) };
    return send(`${daemon.inference}/explanations/endless`, {
      method: 'POST',
      body: JSON.stringify(ROW),
      ...init,
      headers,
    });
  };

  it('ends with its time, and its worker goes on', async () => {
    const pid = await workerPid();
    const answer = await explain({ headers: { 'x-request-timeout-ms': '1000' } });
    expect(answer.status).toBe(504);
    expect((await sendJson(`${daemon.inference}/predictions/endless`, ROW)).status).toBe(200);
    expect(await workerPid()).toBe(pid);
  });

  it('ends when its client goes, after it has told how far it is', async () => {
    const pid = await workerPid();
    const client = new AbortController();
    const answer = explain({ signal: client.signal });
    answer.catch(() => {});
    expect(await daemon.line('permutation_shap: explaining')).toContain('"percent":');
    client.abort();
    await expect(answer).rejects.toMatchObject({ name: 'AbortError' });
    expect((await sendJson(`${daemon.inference}/predictions/endless`, ROW)).status).toBe(200);
    expect(await workerPid()).toBe(pid);
  });
});

describe('an explainer that does not fit its model', () => {
  const PROBLEM = 'explainer.background: background.json: expected 12 columns, one for each feature; sample 1 has 2';

  it('fails the registration', async () => {
    const answer = await post(`${daemon.management}/models?url=misfit.mar&initial_workers=1&synchronous=true`);
    expect([answer.status, answer.text]).toEqual([500, expect.stringContaining(PROBLEM)]);
  });

  it('fails the packaging', async () => {
    const put = async (name: string, content: string | Uint8Array) => {
      const file = path.join(daemon.root, name);
      await writeFile(file, content);
      return file;
    };
    const packaging = packageModel({
      modelName: 'misfit',
      version: '1.0',
      handler: 'base_handler',
      serializedFile: await put('model.onnx', MODEL),
      configFile: await put('model.yaml', MISFIT),
      extraFiles: [await put('background.json', '[[1, 2]]')],
      exportPath: daemon.root,
    });
    await expect(packaging).rejects.toThrow(PROBLEM);
  });
});
