/** Triton's perf_analyzer measures, and believes what the server says of its own part in that. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sumAndDifferenceModel } from '../fixtures/onnx-models.ts';
import { addArchive } from '../helpers/archives.ts';
import { registerModels, startDaemon, type Daemon } from '../helpers/daemon.ts';
import { ROOT } from '../helpers/pages.ts';

const PROGRAM = path.join(ROOT, '.venv/bin/perf_analyzer');
const isThere = existsSync(PROGRAM);
const REQUESTS = 200;
const LONGEST_MS = 120_000;

describe.skipIf(!isThere)(
  `perf_analyzer${isThere ? '' : ' (skipped: it is not installed; node scripts/setup.mjs --test says why)'}`,
  () => {
    let daemon: Daemon;

    beforeAll(async () => {
      daemon = await startDaemon({
        // It looks for statistics by a version that is an integer.
        fill: (store) => addArchive(store, { name: 'sum', version: '1', model: sumAndDifferenceModel() }),
      });
      await registerModels(daemon, ['sum'], 'batch_size=8');
    });

    afterAll(() => daemon.close());

    it.each(['http', 'grpc'] as const)('over %s has server-side figures that fit its own', async (protocol) => {
      const file = path.join(daemon.root, `${protocol}.csv`);
      const address = { http: daemon.inference.replace('http://', ''), grpc: daemon.grpcInference }[protocol];
      const options = ['-m', 'sum', '-i', protocol, '-u', address, '-f', file, '--shape', 'a:1,2', '--shape', 'b:1,2'];
      const load = ['--concurrency-range', '4', '--request-count', String(REQUESTS)];
      const { stdout } = await promisify(execFile)(PROGRAM, [...options, ...load], { timeout: LONGEST_MS });
      expect(stdout).toContain(`Successful request count: ${REQUESTS}\n`);
      expect(stdout).toContain(`Inference count: ${REQUESTS}\n`);
      const figures = await readFigures(file);
      const server = ['Queue', 'Compute Input', 'Compute Infer', 'Compute Output'].map(
        (name) => figures[`Server ${name}`] ?? NaN,
      );
      expect(figures['Inferences/Second']).toBeGreaterThan(0);
      expect(server.every((microseconds) => microseconds >= 0)).toBe(true);
      expect(figures['Server Compute Infer']).toBeGreaterThan(0);
      // What is left of the latency, when the server's part is taken away, is the network's.
      expect(figures['Network+Server Send/Recv']).toBeGreaterThan(0);
    });
  },
);

/** The only line of a report: the names of its columns and their values. */
async function readFigures(file: string): Promise<Readonly<Record<string, number>>> {
  const [names = [], values = []] = (await readFile(file, 'utf8'))
    .trim()
    .split('\n')
    .map((line) => line.split(','));
  return Object.fromEntries(names.map((name, index) => [name, Number(values[index])]));
}
