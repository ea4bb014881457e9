/** `npm run chaos`: makes the checkout ready, then runs the long form of the scenarios of `chaos.test.ts` with a report of its own. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const HELP = `npm run chaos -- [options]

Throws faults at a real server while every answer is checked, and prints what was thrown and what was lost.
Exits with 1 when a promise was broken. docs/chaos.md explains the table.

  --only NAME   run this scenario alone, or several: NAME,NAME
  --list        say which scenarios there are
  --short       the form that the long tests run: a minute or two
  --seed N      for the random decisions; default: another each time, printed at the end
  --help        this text
`;

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const VITEST = 'node_modules/vitest/vitest.mjs';
const TESTS = 'test/chaos/chaos.test.ts';
// They are no tests of every day.
process.env.MARSERVE_TESTS = 'long';

const options = readOptions();
if (options.help) process.stdout.write(HELP);
else {
  run(['scripts/setup.mjs', '--build']);
  if (options.list) list();
  else
    run(
      [VITEST, 'run', TESTS, '--reporter', './test/chaos/reporter.ts', ...filter(options.only)],
      environment(options),
    );
}

function readOptions() {
  try {
    const { values } = parseArgs({
      options: {
        only: { type: 'string', default: '' },
        list: { type: 'boolean', default: false },
        short: { type: 'boolean', default: false },
        seed: { type: 'string', default: String(Date.now() % 1_000_000) },
        help: { type: 'boolean', default: false },
      },
    });
    if (!/^\d+$/.test(values.seed)) throw new Error(`--seed must be a whole number, got "${values.seed}"`);
    return values;
  } catch (error) {
    process.stderr.write(`chaos: ${error.message}\n\n${HELP}`);
    process.exit(2);
  }
}

/** Names of tests begin with that of their scenario. */
function filter(names) {
  return names === '' ? [] : ['--testNamePattern', `^(${names.replaceAll(',', '|')}):`];
}

function environment({ short, seed }) {
  return { CHAOS: short ? 'short' : 'long', CHAOS_SEED: seed };
}

/** The names of the tests, without their file. */
function list() {
  const { stdout } = spawnSync(process.execPath, [VITEST, 'list', TESTS], { cwd: ROOT, encoding: 'utf8' });
  process.stdout.write(stdout.replaceAll(`${TESTS} > `, ''));
}

/** Ends this process with the other's code when that is not 0. */
function run(args, env = {}) {
  const { status } = spawnSync(process.execPath, args, {
    cwd: ROOT,
    stdio: 'inherit',
    env: { ...process.env, ...env },
  });
  if (status !== 0) process.exit(status ?? 1);
}
