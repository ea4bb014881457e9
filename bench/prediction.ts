/** Load of predictions on a daemon, after one answer was found to be right. */
import { readFile } from 'node:fs/promises';
import type { Bench } from './bench.ts';
import { serve, type Daemon, type RegisterOptions } from './daemon.ts';
import { send } from './http.ts';
import { startLoop } from './limits/loop.ts';
import { runLoad, type LoadBody, type LoadSample } from './load.ts';
import { MODELS, sampleRow, type ModelName } from './models/models.ts';
import { nest } from './models/nested.ts';
import { photograph } from './models/photograph.ts';
import type { Probe } from './scenario.ts';

/** How a row is sent. */
export type BodyKind = 'json' | 'raw' | 'jpeg';

/** The sample of a model, in one of its forms. */
export interface Question {
  readonly model: ModelName;
  readonly body: BodyKind;
}

export interface PredictionOptions extends Question {
  readonly connections: number;
}

const CONTENT_TYPES = {
  json: 'application/json',
  raw: 'application/octet-stream',
  jpeg: 'image/jpeg',
} satisfies Record<BodyKind, string>;

/** Starts a daemon with one worker; what it resolves with measures it. */
export async function startPredictions(
  bench: Bench,
  options: PredictionOptions,
  register: RegisterOptions = {},
): Promise<Probe> {
  return loadOf(bench, await serve(bench, options.model, register), options);
}

/** A probe that ends before its time when `until` settles. */
export type Load = (seconds: number, until?: Promise<unknown>) => Promise<LoadSample>;

/** What measures predictions of the sample. @throws Error when the server says something else than the model */
export async function loadOf(bench: Bench, daemon: Daemon, options: PredictionOptions): Promise<Load> {
  const { connections, model } = options;
  await checkPrediction(bench, daemon, options);
  const body = await bodyOf(bench, model, options.body);
  return (seconds, until) => runLoad({ ...body, url: predictionUrl(daemon, model), connections, seconds, until });
}

/** @throws Error when the server says something else than the model */
export async function checkPrediction(bench: Bench, daemon: Daemon, { model, body }: Question): Promise<void> {
  const answer = await sendBody(predictionUrl(daemon, model), await bodyOf(bench, model, body));
  checkAnswer(await expectedAnswer(bench, { model, body }), answer);
}

/** What the server says to it, parsed. */
export async function sendBody(url: string, { body, contentType }: LoadBody): Promise<unknown> {
  const answer: unknown = JSON.parse(await send(url, { method: 'POST', body: await readFile(body), contentType }));
  // Raw bytes are a batch of one row, and so is what comes back.
  return Array.isArray(answer) && Array.isArray(answer[0]) ? answer[0] : answer;
}

function predictionUrl({ inference }: Daemon, model: ModelName): string {
  return `${inference}/predictions/${model}`;
}

/** The sample as a request has it. */
export async function bodyOf(bench: Bench, model: ModelName, kind: BodyKind): Promise<LoadBody> {
  const body = await bench.file(`${model}.${kind}`, () => encode(model, kind));
  return { body, contentType: CONTENT_TYPES[kind] };
}

async function encode(name: ModelName, kind: BodyKind): Promise<Uint8Array> {
  if (kind === 'jpeg') return photograph();
  const row = sampleRow(MODELS[name]);
  return kind === 'raw' ? new Uint8Array(row.buffer) : Buffer.from(JSON.stringify(nest(row, MODELS[name].inputShape)));
}

/** What the model itself says, computed without the server. */
export function expectedAnswer(bench: Bench, { model, body }: Question): Promise<unknown> {
  return bench.once(`answer ${model}`, async () => {
    const loop = await startLoop(bench, model, body === 'jpeg' ? 'image' : 'run');
    try {
      return await loop.answer();
    } finally {
      await loop.close();
    }
  });
}

const TOLERANCE = 1e-3;

/** Numbers may differ in what threads and batches do to floating point. @throws Error that shows both */
export function checkAnswer(expected: unknown, actual: unknown): void {
  const [left, right] = [Object.entries(Object(expected)), Object.entries(Object(actual))];
  const isSame = left.length === right.length && left.every(([key, value]) => isClose(value, Object(actual)[key]));
  if (isSame && left.length > 0) return;
  const text = (value: unknown) => JSON.stringify(value)?.slice(0, 300);
  throw new Error(`the server's answer is wrong: expected ${text(expected)}, came ${text(actual)}`);
}

function isClose(expected: unknown, actual: unknown): boolean {
  if (typeof expected !== 'number' || typeof actual !== 'number') return false;
  return Math.abs(expected - actual) <= TOLERANCE * Math.max(1, Math.abs(expected));
}
