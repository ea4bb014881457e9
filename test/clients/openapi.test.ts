/** schemathesis makes requests of the OpenAPI documents, right and wrong ones, and holds the answers against them. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { identityModel } from '../fixtures/onnx-models.ts';
import { addArchive } from '../helpers/archives.ts';
import { registerModels, startDaemon, type Daemon } from '../helpers/daemon.ts';
import { send } from '../helpers/http.ts';
import { missingPython, runPythonCommand } from '../helpers/python.ts';

const CONFIG = fileURLToPath(new URL('schemathesis.toml', import.meta.url));
const SEED = '20';
/** Examples that are made up for each operation, beside those of all its boundaries; `npm run test:long`, which CI runs as well, has more. */
const EXAMPLES = process.env.MARSERVE_TESTS === 'long' ? '25' : '2';
/** For thousands of requests, on a busy machine. */
const LONGEST_MS = 900_000;

/** Answers, and explains, whatever comes, unless nothing does. */
const ANYTHING = `
  import { PredictionError } from '@marserve/handlers';
  const answer = (row) => row.data ?? row.body ?? Object.values(row)[0];
  export default class Anything {
    handle(rows) {
      return rows.map((row) => answer(row) ?? ('body' in row ? null : new PredictionError('Expected a body', 400)));
    }
    explain(rows) {
      return this.handle(rows);
    }
  }
`;

/** Answers every request whose body could be read, but for forms, which may have no fields. */
const CONTENT = `
  import { PredictionError } from '@marserve/handlers';
  export default class Content {
    handle(rows, context) {
      const isForm = (row) => context.getRequestHeader(row, 'content-type')?.startsWith('multipart/');
      return rows.map((_, row) => (isForm(row) ? new PredictionError('Expected no form', 400) : 1));
    }
  }
`;

async function start(): Promise<Daemon> {
  const daemon = await startDaemon({
    fill: async (store) => {
      await addArchive(store, { name: 'anything', source: ANYTHING });
      await addArchive(store, { name: 'content', source: CONTENT });
      await addArchive(store, { name: 'identity', model: identityModel() });
    },
  });
  onTestFinished(() => daemon.close());
  await registerModels(daemon, ['anything', 'content', 'identity']);
  return daemon;
}

async function findings(address: string): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'marserve-schemathesis-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const phases = ['--phases', 'examples,coverage,fuzzing', '--max-examples', EXAMPLES];
  const run = ['run', `${address}/api-description`, '--seed', SEED, '--no-color', ...phases];
  return runPythonCommand('schemathesis', ['--config-file', CONFIG, ...run], { cwd: folder, timeout: LONGEST_MS });
}

const missing = missingPython();

describe.skipIf(missing !== undefined)(`schemathesis${missing === undefined ? '' : ` (skipped: ${missing})`}`, () => {
  it.each(['inference', 'metrics', 'management'] as const)(
    'finds nothing at the %s address',
    async (name) => {
      const daemon = await start();
      expect(await findings(daemon[name])).toMatch(/API Operations:\n +Selected: (\d+)\/\1\n +Tested: \1\n/);
      expect((await send(`${daemon.inference}/live`)).status).toBe(200);
      expect(daemon.output()).not.toMatch(/"level":"error"/);
    },
    LONGEST_MS,
  );
});
