/** Answers in parts: how soon a client has the first, and how many follow. */
import { addArchive, type Bench } from '../bench.ts';
import { startDaemon } from '../daemon.ts';
import { startChild } from '../child.ts';
import { readParts } from '../read-parts.ts';
import type { Probe, Scenario } from '../scenario.ts';

const PARTS = 1000;
/** Each part is the time at which it was made, by a clock that all processes share. */
const HANDLER = `
  async function* parts() {
    for (let part = 0; part < ${PARTS}; part += 1) {
      yield { text_output: String(process.hrtime.bigint()) };
      // Each is made in a turn of its own, as a model makes them.
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
  export function handle(rows) {
    return rows?.map(() => parts());
  }
`;

export const stream: Scenario = {
  name: 'stream',
  title: `an answer of ${PARTS} parts as events, one connection: from the making of the first to its client`,
  limit: { label: 'bare node:http that writes them', start: startLimit },
  marserve: { label: 'marserve', start: startStream },
  goals: [
    { metric: 'p50', compare: 'value', atMost: 2 },
    { metric: 'p99', compare: 'value' },
    { metric: 'throughput', compare: 'ratio' },
  ],
};

async function startLimit(bench: Bench): Promise<Probe> {
  const child = startChild('limits/bare-stream-process.js', [String(PARTS)]);
  bench.defer(() => child.close());
  const { port } = await child.ask<{ port: number }>({});
  return (seconds) => readParts({ url: `http://127.0.0.1:${port}/`, parts: PARTS, seconds });
}

async function startStream(bench: Bench): Promise<Probe> {
  const handler = await bench.file('parts.ts', () => Buffer.from(HANDLER));
  await bench.once('archive parts', () => addArchive(bench.store, { modelName: 'parts', handler }));
  const daemon = await startDaemon(bench);
  await daemon.register('parts');
  const url = `${daemon.inference}/v2/models/parts/generate_stream`;
  return (seconds) => readParts({ url, parts: PARTS, seconds });
}
