/** The way of a large body through the server to the handler. */
import { addArchive, type Bench } from '../bench.ts';
import { startDaemon } from '../daemon.ts';
import { startBareHttp } from '../limits/bare-http.ts';
import { runLoad } from '../load.ts';
import { randomFloats, randomNumbers } from '../models/random.ts';
import { checkAnswer, sendBody } from '../prediction.ts';
import type { Probe, Scenario } from '../scenario.ts';

const BYTES = 2 ** 20;
const HANDLER = 'export default class { handle(rows) { return rows.map((row) => ({ bytes: row.body.length })); } }\n';

export const upload: Scenario = {
  name: 'upload',
  title: 'uploads of 1 MB to a handler that counts the bytes, 32 connections',
  limit: { label: 'bare node:http that reads them', start: startLimit },
  marserve: { label: 'marserve', start: startUploads },
  goals: [{ metric: 'throughput', compare: 'ratio', atLeast: 0.7 }],
};

async function startLimit(bench: Bench): Promise<Probe> {
  return startBareHttp(bench, await load(bench));
}

async function startUploads(bench: Bench): Promise<Probe> {
  const handler = await bench.file('count.ts', () => Buffer.from(HANDLER));
  await bench.once('archive count', () => addArchive(bench.store, { modelName: 'count', handler }));
  const daemon = await startDaemon(bench);
  await daemon.register('count', { batch_size: 8 });
  const url = `${daemon.inference}/predictions/count`;
  const options = await load(bench);
  checkAnswer({ bytes: BYTES }, await sendBody(url, options));
  return (seconds) => runLoad({ ...options, url, seconds });
}

async function load(bench: Bench) {
  const body = await bench.file('megabyte', () => new Uint8Array(randomFloats(BYTES / 4, 1, randomNumbers(1)).buffer));
  return { body, contentType: 'application/octet-stream', connections: 32 };
}
