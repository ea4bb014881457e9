/** examples/prep-pred: its demo, all routes of prep as the pattern has them, and what its Docker files say. */
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, cp, mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { load } from 'js-yaml';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { freePort } from '../helpers/free-addresses.ts';
import { send, sendJson } from '../helpers/http.ts';
import { ROOT } from '../helpers/pages.ts';
import { PREP_PRED } from '../helpers/prep-pred.ts';

const CAT = path.join(PREP_PRED, 'data/cat.jpg');
const execFileAsync = promisify(execFile);
const read = (file: string) => readFile(path.join(PREP_PRED, file), 'utf8');

let demo: ChildProcess;
let output = '';
let prep: string;
let labels: string[];
let data: string;

beforeAll(async () => {
  const [port, http, grpc] = await Promise.all([freePort(), freePort(), freePort()]);
  const env = { ...process.env, PORT: String(port), HTTP_PORT: String(http), GRPC_PORT: String(grpc) };
  demo = spawn(process.execPath, [path.join(PREP_PRED, 'demo.mjs'), CAT, '--keep'], { env });
  await new Promise<void>((resolve, reject) => {
    const take = (chunk: Buffer) => {
      output += chunk.toString();
      if (output.includes('The servers go on')) resolve();
    };
    demo.stdout?.on('data', take);
    demo.stderr?.on('data', take);
    demo.once('exit', () => reject(new Error(output)));
  });
  prep = `http://127.0.0.1:${port}`;
  labels = JSON.parse(await read('prep/labels.json')) as string[];
  data = (await readFile(CAT)).toString('base64');
});

afterAll(async () => {
  if (demo?.exitCode !== null) return;
  const ended = once(demo, 'exit');
  demo.kill('SIGTERM');
  expect(await ended).toEqual([0, null]);
});

describe('the demo', () => {
  it('prints the label, and the five that are likeliest, of a picture', () => {
    expect(output).toContain('{"health":"ok"}');
    expect(output).toContain('cat.jpg is: Egyptian cat\n');
    const shown = [...output.matchAll(/^(\S.*?) +(\d+\.\d) %/gm)].map(([, label, percent]) => [label, Number(percent)]);
    expect(shown).toHaveLength(5);
    expect(shown[0]?.[0]).toBe('Egyptian cat');
    for (const [label] of shown) expect(labels).toContain(label);
    expect(shown.map(([, percent]) => percent)).toEqual(
      shown.map(([, percent]) => Number(percent)).toSorted((a, b) => b - a),
    );
  });
});

describe('prep', () => {
  it('answers GET /health, /metadata and /label', async () => {
    expect((await send(`${prep}/health`)).json()).toEqual({ health: 'ok' });
    expect((await send(`${prep}/metadata`)).json()).toEqual({
      data_type: 'str',
      data_structure: '(1,1)',
      data_sample: 'base64 encoded image file',
      prediction_type: 'float32',
      prediction_structure: `(1,${labels.length})`,
      prediction_sample: '[0.07093159, 0.01558308, 0.01348537, ...]',
    });
    expect((await send(`${prep}/label`)).json()).toEqual(labels);
  });

  it('classifies its own picture and those it is sent', async () => {
    const test = (await send(`${prep}/predict/test`)).json<{ prediction: number[][] }>();
    expect(test.prediction).toHaveLength(1);
    const [probabilities = []] = test.prediction;
    expect(probabilities).toHaveLength(labels.length);
    expect(probabilities.reduce((sum, each) => sum + each, 0)).toBeCloseTo(1, 5);
    expect(labels[probabilities.indexOf(Math.max(...probabilities))]).toBe('Egyptian cat');
    expect((await send(`${prep}/predict/test/label`)).json()).toEqual({ prediction: 'Egyptian cat' });
    expect((await sendJson(`${prep}/predict`, { data })).json()).toEqual(test);
    expect((await sendJson(`${prep}/predict/label`, { data })).json()).toEqual({ prediction: 'Egyptian cat' });
  });

  it('answers many at once', async () => {
    const answers = await Promise.all(Array.from({ length: 24 }, () => sendJson(`${prep}/predict/label`, { data })));
    expect(new Set(answers.map(({ text }) => text))).toEqual(new Set(['{"prediction":"Egyptian cat"}']));
  });

  it.each([
    ['no data', { image: 'x' }, 'expected {"data": "<an image file in base64>"}'],
    ['what is no image', { data: Buffer.from('hello').toString('base64') }, 'Expected an image'],
    ['no base64', { data: '*' }, ''],
    ['a number', 5, ''],
  ])('refuses %s', async (_, body, message) => {
    for (const route of ['predict', 'predict/label']) {
      const answer = await sendJson(`${prep}/${route}`, body);
      expect([answer.status, answer.json()]).toEqual([400, { error: expect.stringContaining(message) as string }]);
    }
  });

  it('has no other paths, and metrics at the same address', async () => {
    expect((await send(`${prep}/predict`)).status).toBe(405);
    expect((await send(`${prep}/labels`)).status).toBe(404);
    expect((await send(`${prep}/metrics`)).text).toMatch(/ts_inference_requests_total\{model_name="prep"/);
  });
});

/** The instructions of a Dockerfile, lines that go on joined. */
async function instructions(file: string): Promise<[name: string, rest: string][]> {
  const text = (await read(file)).replaceAll('\\\n', '');
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return lines.map((line) => [
    line.slice(0, line.indexOf(' ')),
    line.slice(line.indexOf(' ') + 1).replaceAll(/ +/g, ' '),
  ]);
}

describe('the Docker files', () => {
  it.each(['prep/Dockerfile', 'pred/Dockerfile'])(
    '%s copies what is there, and starts what it copied',
    async (file) => {
      const steps = await instructions(file);
      expect(steps[0]).toEqual(['FROM', 'node:22-slim']);
      const copied = steps.filter(([name]) => name === 'COPY').flatMap(([, rest]) => rest.split(' ').slice(0, -1));
      for (const source of copied) if (source !== 'tarballs') await stat(path.join(ROOT, source));
      const [, command = ''] = steps.find(([name]) => name === 'CMD') ?? [];
      const [script = ''] = JSON.parse(command) as string[];
      expect((await stat(path.join(PREP_PRED, path.dirname(file), script))).mode & 0o111).not.toBe(0);
      const [, health = ''] = steps.find(([name]) => name === 'HEALTHCHECK') ?? [];
      expect(health).toContain(file.startsWith('prep') ? '127.0.0.1:8000/health' : '127.0.0.1:8001/');
    },
  );

  it('make prep.mar in a folder with nothing but what was copied', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'marserve-dockerfile-'));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    await cp(path.join(PREP_PRED, 'prep'), folder, { recursive: true });
    await copyFile(CAT, path.join(folder, 'cat.jpg'));
    const [, command = ''] = (await instructions('prep/Dockerfile')).findLast(([name]) => name === 'RUN') ?? [];
    const env = { ...process.env, PATH: `${ROOT}node_modules/.bin:${process.env.PATH}` };
    const { stdout } = await execFileAsync('sh', ['-c', command], { cwd: folder, env });
    expect(stdout).toContain('model   prep 1.0');
  });

  it('are composed as the pattern does', async () => {
    const compose = load(await read('docker-compose.yml')) as { services: Record<string, Record<string, unknown>> };
    const { prep: front, pred } = compose.services;
    expect(front).toMatchObject({
      restart: 'always',
      ports: ['8011:8000'],
      environment: { PLATFORM: 'docker_compose', API_ADDRESS: 'pred' },
      depends_on: ['pred'],
    });
    expect(pred).toMatchObject({ restart: 'always', ports: ['8012:8001', '50051:50051'] });
    for (const { build } of [front, pred] as { build: { context: string; dockerfile: string } }[]) {
      await stat(path.join(PREP_PRED, build.context, build.dockerfile));
    }
  });
});
