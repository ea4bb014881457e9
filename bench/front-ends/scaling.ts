/** What was measured, and what a machine with more cores would answer by it. */
import type { FrontEndSample } from './load.ts';
import { simulate, type Times } from './simulate.ts';

/** Medians of each. */
export interface Measured {
  /** One process, in batches. */
  readonly alone: FrontEndSample;
  /** Two front ends, in batches. */
  readonly shared: FrontEndSample;
  /** Two front ends, one request a batch. */
  readonly oneByOne: FrontEndSample;
}

const CORES = 16;
const CLIENTS = 64;
const BATCH_SIZE = 32;

/** The times of the model, where front ends take so much for a request. */
export function timesOf({ shared, oneByOne }: Measured, request: number): Times {
  // Two equations: what a worker takes for a request is batch / size + row.
  const batch = Math.max(0, (oneByOne.worker - shared.worker) / (1 / oneByOne.batch - 1 / shared.batch));
  return { request, batch, row: Math.max(0, shared.worker - batch / shared.batch) };
}

/** As text, with what was measured. */
export function scalingTable(measured: Measured): string {
  const { alone, shared } = measured;
  const inputs = Object.entries(measured).map(([name, { main, frontEnds, worker, batch }]: [string, FrontEndSample]) =>
    [name, main, frontEnds, worker, batch].map(cell).join(' | '),
  );
  // In a server of one process its main process is the front end.
  const single = simulate(timesOf(measured, alone.main), { frontEnds: 1, workers: CORES - 1, ...load });
  const rows = Array.from({ length: CORES - 1 }, (_, index) => index + 1).map((frontEnds) => {
    const rate = (request: number) =>
      simulate(timesOf(measured, request), { frontEnds, workers: CORES - frontEnds, ...load });
    const rates = [rate(shared.frontEnds), rate(alone.main)];
    return [frontEnds, CORES - frontEnds, ...rates.flatMap((each) => [each, each / single])].map(cell).join(' | ');
  });
  const head = 'front ends | workers | answers/s | × one process | with the time of one process: answers/s | ×';
  return `${['', 'main, µs | front ends, µs | worker, µs | batch'].join('measured | ')}\n${inputs.join('\n')}\n\n${head}\n${rows.join('\n')}\n`;
}

const load = { clients: CLIENTS, batchSize: BATCH_SIZE };

function cell(value: string | number): string {
  return typeof value === 'string' ? value : String(value >= 100 ? Math.round(value) : Number(value.toPrecision(3)));
}
