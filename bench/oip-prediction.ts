/** Load of binary requests of the Open Inference Protocol, after one answer was found to be right. */
import { readFile } from 'node:fs/promises';
import type { Bench } from './bench.ts';
import { serve, type RegisterOptions } from './daemon.ts';
import { startBareHttp } from './limits/bare-http.ts';
import { runLoad, type LoadBody } from './load.ts';
import { MODELS, sampleRow, type ModelName } from './models/models.ts';
import { checkAnswer, expectedAnswer } from './prediction.ts';
import type { Probe } from './scenario.ts';

export interface OipOptions {
  readonly model: ModelName;
  readonly connections: number;
}

const JSON_LENGTH = 'inference-header-content-length';

/** Bare `node:http` that reads the same bodies and answers a constant. */
export async function startOipLimit(bench: Bench, { model, connections }: OipOptions): Promise<Probe> {
  return startBareHttp(bench, { ...(await oipBody(bench, model)), connections });
}

/** Starts a daemon with one worker; what it resolves with measures it. @throws Error when it answers something else than the model */
export async function startOip(
  bench: Bench,
  { model, connections }: OipOptions,
  register: RegisterOptions = {},
): Promise<Probe> {
  const { inference } = await serve(bench, model, register);
  const url = `${inference}/v2/models/${model}/infer`;
  const load = await oipBody(bench, model);
  await checkOip(bench, model, url);
  return (seconds) => runLoad({ ...load, url, connections, seconds });
}

/** @throws Error when the server says something else than the model */
export async function checkOip(bench: Bench, model: ModelName, url: string): Promise<void> {
  checkAnswer(await expectedAnswer(bench, { model, body: 'raw' }), await infer(url, await oipBody(bench, model)));
}

/** The sample, a batch of one row, as bytes behind the JSON; the answer is to be binary as well. */
export async function oipBody(bench: Bench, model: ModelName): Promise<LoadBody> {
  const row = sampleRow(MODELS[model]);
  const shape = [1, ...MODELS[model].inputShape];
  const parameters = { binary_data_size: row.byteLength };
  const inputs = [{ name: 'x', datatype: 'FP32', shape, parameters }];
  const json = Buffer.from(JSON.stringify({ inputs, parameters: { binary_data_output: true } }));
  const body = await bench.file(`${model}.oip`, () => Buffer.concat([json, new Uint8Array(row.buffer)]));
  return { body, contentType: 'application/octet-stream', headers: { [JSON_LENGTH]: String(json.length) } };
}

/** The only output, as numbers. */
async function infer(url: string, { body, contentType, headers }: LoadBody): Promise<number[]> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { ...headers, 'content-type': contentType },
    body: await readFile(body),
  });
  const answer = Buffer.from(await response.arrayBuffer());
  if (response.status !== 200) throw new Error(`${url} was answered with ${response.status}: ${answer.toString()}`);
  const data = answer.subarray(Number(response.headers.get(JSON_LENGTH)));
  return Array.from({ length: data.length / 4 }, (_, index) => data.readFloatLE(4 * index));
}
