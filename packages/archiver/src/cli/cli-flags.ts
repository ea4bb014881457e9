/** The flags of `model-archiver`: those of torch-model-archiver, with its short forms and defaults, and a few more. */
import type { FlagNames } from '../command-line/index.ts';
import { ARCHIVE_FORMATS, type ArchiveFormat } from '../format/archive-formats.ts';
import { RUNTIMES, type Runtime } from '../package-options.ts';

/** Of a flag that is given twice the last value counts, as in argparse. */
const last = <T extends string>(value: T | readonly [...unknown[], T]): T =>
  typeof value === 'string' ? value : (value.at(-1) as T);

const text = { type: 'string', requiresArg: true, coerce: last<string> } as const;

/** For yargs. */
export const PACKAGE_FLAGS = {
  'model-name': { ...text, demandOption: true, describe: 'Name of the model, and of the archive' },
  version: { ...text, alias: 'v', demandOption: true, describe: 'Version of the model, e.g. 1.0' },
  handler: {
    ...text,
    demandOption: true,
    describe: 'Built-in handler, or a .ts, .js, .mjs, .cjs or .py file, optionally with :function',
  },
  'serialized-file': { ...text, describe: 'The model; an .onnx file is opened and its signature recorded' },
  'model-file': { ...text, describe: 'Python file with the model class (eager mode)' },
  'extra-files': {
    type: 'string',
    requiresArg: true,
    array: true,
    describe: 'Files, globs and directories, separated by commas; "dir/" puts contents at the root',
  },
  runtime: {
    ...text,
    choices: RUNTIMES,
    coerce: last<Runtime>,
    describe: 'Who runs the handler; default python for a .py file, else node',
  },
  'export-path': { ...text, default: '.', describe: 'Directory that the archive is written to' },
  'archive-format': {
    ...text,
    choices: ARCHIVE_FORMATS,
    coerce: last<ArchiveFormat>,
    default: 'default',
    describe: 'default: NAME.mar; zip-store: the same, not compressed; tgz: NAME.tar.gz; no-archive: directory NAME',
  },
  force: { type: 'boolean', alias: 'f', default: false, describe: 'Overwrite an archive that exists' },
  'requirements-file': { ...text, alias: 'r', describe: 'Packages to be installed where the model is served' },
  'config-file': { ...text, alias: 'c', describe: "The model's YAML file" },
  golden: { ...text, describe: 'Example requests, and the answers that a server must get to them' },
  predictor: { ...text, describe: 'The predictor that a transformer is made for: NAME or NAME@VERSION' },
  'predictor-digest': { ...text, describe: "sha256 of the predictor's model" },
  'predictor-model': { ...text, describe: 'ONNX file or archive of the predictor, whose sha256 is taken' },
  'no-validate': { type: 'boolean', default: false, describe: 'Do not open the model or import the handler' },
  quiet: { type: 'boolean', default: false, describe: 'Print errors only' },
} as const;

const OF_GRAPHS = [
  'extra-files',
  'export-path',
  'archive-format',
  'force',
  'requirements-file',
  'golden',
  'no-validate',
  'quiet',
] as const satisfies readonly (keyof typeof PACKAGE_FLAGS)[];

/** Those of `model-archiver graph`, for yargs. */
export const GRAPH_FLAGS = {
  file: { ...text, demandOption: true, describe: "The graph, YAML or JSON: alone, or in a model's YAML file" },
  'model-name': { ...text, describe: 'Name of the graph, and of the archive; default: that of the file' },
  version: { ...text, alias: 'v', default: '1.0', describe: 'Version of the graph' },
  'config-file': { ...text, alias: 'c', describe: "Further keys of the model's YAML file" },
  ...pick(PACKAGE_FLAGS, OF_GRAPHS),
  'no-validate': { ...PACKAGE_FLAGS['no-validate'], describe: 'Do not import the modules' },
} as const;

const OF_WORKFLOWS = [
  'extra-files',
  'export-path',
  'force',
  'requirements-file',
  'no-validate',
  'quiet',
] as const satisfies readonly (keyof typeof PACKAGE_FLAGS)[];

/** Those of `model-archiver workflow`, for yargs. */
export const WORKFLOW_FLAGS = {
  'workflow-name': { ...text, demandOption: true, describe: 'Name of the workflow, and of the archive' },
  'spec-file': { ...text, demandOption: true, describe: 'YAML: the models of the workflow, and how they are joined' },
  handler: { ...text, describe: 'A .ts, .js, .mjs or .cjs file with the functions that the spec names' },
  ...pick(PACKAGE_FLAGS, OF_WORKFLOWS),
  'no-validate': { ...PACKAGE_FLAGS['no-validate'], describe: 'Do not import the handler' },
} as const;

function pick<T extends object, K extends keyof T>(flags: T, names: readonly K[]): Pick<T, K> {
  return Object.fromEntries(names.map((name) => [name, flags[name]])) as Pick<T, K>;
}

/** All flags of all other commands, with their short forms. */
export const FLAG_NAMES = flagNames(PACKAGE_FLAGS);
/** Those of `model-archiver graph`. */
export const GRAPH_FLAG_NAMES = flagNames(GRAPH_FLAGS);
/** Those of `model-archiver workflow`. */
export const WORKFLOW_FLAG_NAMES = flagNames(WORKFLOW_FLAGS);

interface Flag {
  readonly type: string;
  readonly alias?: string;
}

function flagNames(flags: Readonly<Record<string, Flag>>): FlagNames {
  const own = Object.entries(flags).flatMap(([name, flag]): [string, boolean][] => {
    const takesValue = flag.type === 'string';
    return [[name, takesValue], ...(flag.alias === undefined ? [] : [[flag.alias, takesValue] as [string, boolean]])];
  });
  return Object.fromEntries([...own, ['json', false], ['help', false], ['h', false]]);
}
