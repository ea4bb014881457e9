/** `model-archiver`: flags to options, results to lines, errors to exit codes (0 done, 1 refused, 2 usage). */
import { constants } from 'node:os';
import yargs, { type Argv, type InferredOptionTypes } from 'yargs';
import { hideBin } from 'yargs/helpers';
import { ArchiveError, messageOf } from './format/archive-error.ts';
import { FLAG_NAMES, PACKAGE_FLAGS } from './cli/cli-flags.ts';
import { createProgressBar } from './cli/cli-progress.ts';
import { completeFlags, nearest, usageMessage } from './command-line/index.ts';
import { renderInspection, renderResult, renderVerification } from './cli/cli-output.ts';
import { inspect } from './inspect.ts';
import { ARCHIVER_VERSION } from './output/make-manifest.ts';
import { packageModel } from './package-model.ts';
import { PackagingError } from './packaging-error.ts';
import { splitNames } from './cli/split-names.ts';
import { verifyFiles } from './format/verify-files.ts';

const DONE = 0;
const REFUSED = 1;
const USAGE = 2;

const USAGE_LINE =
  'Usage: model-archiver --model-name NAME --version V --handler H [--serialized-file F] …; see model-archiver --help.';

/** Looking into an archive writes nothing: it may be as large as it likes. */
const NO_LIMITS = { maxTotalBytes: Infinity, maxRatio: Infinity } as const;

/** What was asked for: gives the exit code. */
type Task = (signal: AbortSignal) => Promise<number>;

const EXAMPLES: readonly [string, string][] = [
  ['$0 --model-name mnist --version 1.0 --serialized-file mnist.onnx --handler image_classifier', ''],
  ['$0 --model-name search -v 2 --serialized-file m.onnx --handler handler.ts --extra-files labels.json,data/', ''],
  ['$0 inspect mnist.mar', ''],
  ['$0 verify mnist.mar', ''],
];

const COMMANDS = ['inspect', 'verify', 'version'];

function archiveArgument<T>(command: Argv<T>) {
  return command.positional('archive', {
    type: 'string',
    demandOption: true,
    describe: 'A .mar, a .tar.gz or a directory',
  });
}

/** Reads the command line; undefined when it was answered already, as --help is. */
async function taskOf(args: readonly string[]): Promise<Task | undefined> {
  try {
    checkCommand(args[0]);
    return await parse(completeFlags(args, FLAG_NAMES));
  } catch (error) {
    throw new UsageError(`${usageMessage(messageOf(error))}\n${USAGE_LINE}`, { cause: error });
  }
}

async function parse(args: string[]): Promise<Task | undefined> {
  let task: Task | undefined;
  const parser = yargs(args)
    .scriptName('model-archiver')
    .parserConfiguration({
      'boolean-negation': false,
      // One name after a flag, so that the command may follow.
      'greedy-arrays': false,
      'parse-positional-numbers': false,
    })
    .command(
      '$0',
      'Package a model, its handler and its files into one archive',
      (command) => command.options(PACKAGE_FLAGS),
      (flags) => {
        task = (signal) => runPackage(flags, signal);
      },
    )
    .command(
      'inspect <archive>',
      "Show an archive's manifest, signature and files",
      (command) => archiveArgument(command).option('json', { type: 'boolean', default: false, describe: 'Print JSON' }),
      ({ archive, json }) => {
        task = (signal) => runInspect(archive, json, signal);
      },
    )
    .command('verify <archive>', 'Recompute every sha256 of an archive', archiveArgument, ({ archive }) => {
      task = (signal) => runVerify(archive, signal);
    })
    .command('version', "Print the archiver's own version", {}, () => {
      task = async () => print(ARCHIVER_VERSION);
    })
    .example([...EXAMPLES])
    .epilogue(`model-archiver ${ARCHIVER_VERSION}`)
    .version(false)
    .help()
    .alias('help', 'h')
    .strict()
    .wrap(Math.min(110, process.stdout.columns || 110))
    .exitProcess(false)
    .fail(false);
  await parser.parseAsync();
  return task;
}

/** yargs would ask for the flags of the default command. */
function checkCommand(word: string | undefined): void {
  if (word === undefined || word.startsWith('-') || COMMANDS.includes(word)) return;
  throw new Error(`Unknown command: ${word}.${nearest(word, COMMANDS)}`);
}

class UsageError extends Error {}

type PackageFlags = InferredOptionTypes<typeof PACKAGE_FLAGS>;

async function runPackage(flags: PackageFlags, signal: AbortSignal): Promise<number> {
  const bar = createProgressBar(flags.quiet ? undefined : process.stderr);
  try {
    const result = await packageModel({
      ...flags,
      modelName: flags['model-name'],
      handler: flags.handler,
      serializedFile: flags['serialized-file'],
      modelFile: flags['model-file'],
      extraFiles: flags['extra-files']?.flatMap(splitNames),
      exportPath: flags['export-path'],
      archiveFormat: flags['archive-format'],
      requirementsFile: flags['requirements-file'],
      configFile: flags['config-file'],
      predictorDigest: flags['predictor-digest'],
      predictorModel: flags['predictor-model'],
      validate: !flags['no-validate'],
      onWarning: (message) => {
        bar.stop();
        if (!flags.quiet) process.stderr.write(`WARNING - ${message}\n`);
      },
      onProgress: bar.update,
      signal,
    });
    bar.stop();
    return flags.quiet ? DONE : print(renderResult(result));
  } finally {
    bar.stop();
  }
}

async function runInspect(archive: string, json: boolean, signal: AbortSignal): Promise<number> {
  const inspection = await inspect(archive, { ...NO_LIMITS, signal });
  return print(json ? JSON.stringify(inspection, null, 2) : renderInspection(inspection));
}

async function runVerify(archive: string, signal: AbortSignal): Promise<number> {
  const verification = await verifyFiles(archive, { ...NO_LIMITS, signal });
  print(renderVerification(archive, verification));
  return verification.differences.length === 0 ? DONE : REFUSED;
}

function print(lines: string): number {
  process.stdout.write(`${lines}\n`);
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
