/** `model-archiver`: flags to options, results to lines, errors to exit codes (0 done, 1 refused, 2 usage). */
import { constants } from 'node:os';
import yargs, { type Argv } from 'yargs';
import { hideBin } from 'yargs/helpers';
import { ArchiveError, messageOf } from './format/archive-error.ts';
import {
  FLAG_NAMES,
  GRAPH_FLAGS,
  GRAPH_FLAG_NAMES,
  PACKAGE_FLAGS,
  WORKFLOW_FLAGS,
  WORKFLOW_FLAG_NAMES,
} from './cli/cli-flags.ts';
import { completeFlags, nearest, usageMessage, type FlagNames } from './command-line/index.ts';
import { ARCHIVER_VERSION } from './output/make-manifest.ts';
import { PackagingError } from './packaging-error.ts';

const DONE = 0;
const REFUSED = 1;
const USAGE = 2;

const USAGE_LINE =
  'Usage: model-archiver --model-name NAME --version V --handler H [--serialized-file F] …; see model-archiver --help.';

/** Commands that package something else than a model: their flags, and how they are used. */
const PACKAGERS: Readonly<Record<string, { readonly flags: FlagNames; readonly usage: string }>> = {
  graph: {
    flags: GRAPH_FLAG_NAMES,
    usage: 'Usage: model-archiver graph --file F [--model-name NAME] …; see model-archiver graph --help.',
  },
  workflow: {
    flags: WORKFLOW_FLAG_NAMES,
    usage:
      'Usage: model-archiver workflow --workflow-name NAME --spec-file F [--handler H] …; see model-archiver workflow --help.',
  },
};

/** What packages, and what looks into archives, takes several times as long to load as what reads the command line. */
const packaging = () => import('./cli/run-packaging.ts');
const reading = () => import('./cli/run-reading.ts');

/** What was asked for: gives the exit code. */
type Task = (signal: AbortSignal) => Promise<number>;

const EXAMPLES: readonly [string, string][] = [
  ['$0 --model-name mnist --version 1.0 --serialized-file mnist.onnx --handler image_classifier', ''],
  ['$0 --model-name search -v 2 --serialized-file m.onnx --handler handler.ts --extra-files labels.json,data/', ''],
  ['$0 graph --file houses.yaml --export-path model-store', ''],
  ['$0 workflow --workflow-name dogs --spec-file dogs.yaml --handler dogs.ts --export-path model-store', ''],
  ['$0 inspect mnist.mar', ''],
  ['$0 verify mnist.mar', ''],
];

const GRAPH_EPILOGUE =
  'Modules that the graph names (handler: FILE) lie beside its file; they are bundled into the archive.';

const WORKFLOW_EPILOGUE =
  'Nodes of the dag that are not under models are functions (data, context) of the handler, of the same names.';

const COMMANDS = [...Object.keys(PACKAGERS), 'inspect', 'verify', 'version'];

function archiveArgument<T>(command: Argv<T>) {
  return command.positional('archive', {
    type: 'string',
    demandOption: true,
    describe: 'A .mar, a .war, a .tar.gz or a directory',
  });
}

/** Reads the command line; undefined when it was answered already, as --help is. */
async function taskOf(args: readonly string[]): Promise<Task | undefined> {
  const { flags, usage } = PACKAGERS[args[0] ?? ''] ?? { flags: FLAG_NAMES, usage: USAGE_LINE };
  try {
    checkCommand(args[0]);
    return await parse(completeFlags(args, flags));
  } catch (error) {
    throw new UsageError(`${usageMessage(messageOf(error))}\n${usage}`, { cause: error });
  }
}

async function parse(args: string[]): Promise<Task | undefined> {
  let task: Task | undefined;
  const parser = yargs(args).scriptName('model-archiver').parserConfiguration({
    'boolean-negation': false,
    // One name after a flag, so that the command may follow.
    'greedy-arrays': false,
    'parse-positional-numbers': false,
  });
  await withCommands(parser, (chosen) => (task = chosen))
    .example([...EXAMPLES])
    .epilogue(`model-archiver ${ARCHIVER_VERSION}`)
    .version(false)
    .help()
    .alias('help', 'h')
    .strict()
    .wrap(Math.min(110, process.stdout.columns || 110))
    .exitProcess(false)
    .fail(false)
    .parseAsync();
  return task;
}

function withCommands(parser: Argv, choose: (task: Task) => void): Argv {
  return parser
    .command(
      '$0',
      'Package a model, its handler and its files into one archive',
      (command) => command.options(PACKAGE_FLAGS),
      (flags) => choose(async (signal) => print(await (await packaging()).runPackage(flags, signal))),
    )
    .command(
      'graph',
      'Package a graph of models and the modules that it names',
      (command) => command.options(GRAPH_FLAGS).epilogue(GRAPH_EPILOGUE),
      (flags) => choose(async (signal) => print(await (await packaging()).runGraph(flags, signal))),
    )
    .command(
      'workflow',
      'Package a TorchServe workflow: its spec and the functions that it names',
      (command) => command.options(WORKFLOW_FLAGS).epilogue(WORKFLOW_EPILOGUE),
      (flags) => choose(async (signal) => print(await (await packaging()).runWorkflow(flags, signal))),
    )
    .command(
      'inspect <archive>',
      "Show an archive's manifest, signature and files",
      (command) => archiveArgument(command).option('json', { type: 'boolean', default: false, describe: 'Print JSON' }),
      ({ archive, json }) => choose(async (signal) => print(await (await reading()).runInspect(archive, json, signal))),
    )
    .command('verify <archive>', 'Recompute every sha256 of an archive', archiveArgument, ({ archive }) =>
      choose((signal) => verify(archive, signal)),
    )
    .command('version', "Print the archiver's own version", {}, () => choose(async () => print(ARCHIVER_VERSION)));
}

/** yargs would ask for the flags of the default command. */
function checkCommand(word: string | undefined): void {
  if (word === undefined || word.startsWith('-') || COMMANDS.includes(word)) return;
  throw new Error(`Unknown command: ${word}.${nearest(word, COMMANDS)}`);
}

class UsageError extends Error {}

async function verify(archive: string, signal: AbortSignal): Promise<number> {
  const { lines, isSame } = await (await reading()).runVerify(archive, signal);
  print(lines);
  return isSame ? DONE : REFUSED;
}

/** Nothing, where nothing was to be said. */
function print(lines: string): number {
  if (lines !== '') process.stdout.write(`${lines}\n`);
  return DONE;
}

async function main(): Promise<number> {
  const interruption = new AbortController();
  // A second signal ends the process at once.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => interruption.abort(new Interrupted(signal)));
  }
  try {
    const task = await taskOf(hideBin(process.argv));
    return task === undefined ? DONE : await task(interruption.signal);
  } catch (error) {
    return report(interruption.signal.aborted ? interruption.signal.reason : error);
  }
}

class Interrupted extends Error {
  readonly signal: NodeJS.Signals;

  constructor(signal: NodeJS.Signals) {
    super(`Interrupted by ${signal}; nothing was written.`);
    this.signal = signal;
  }
}

/** What users can mend is one message; anything else is a fault of this program, and shows where. */
function report(error: unknown): number {
  const isOurs = [PackagingError, ArchiveError, UsageError, Interrupted].some((type) => error instanceof type);
  // What the operating system refuses: a full disk, a missing permission. Its message names the file.
  const expected = isOurs || (error instanceof Error && 'syscall' in error);
  const shown = error instanceof Error ? (expected ? error.message : error.stack) : String(error);
  process.stderr.write(`ERROR - ${shown}\n`);
  // Work in other threads cannot be called back, and would keep the process alive.
  if (error instanceof Interrupted) process.exit(128 + constants.signals[error.signal]);
  return error instanceof UsageError ? USAGE : REFUSED;
}

// A reader that has seen enough, as in "model-archiver inspect A.mar | head", is no failure.
process.stdout.on('error', ({ code }: NodeJS.ErrnoException) => process.exit(code === 'EPIPE' ? DONE : REFUSED));
process.stderr.on('error', () => {});
process.exitCode = await main();
