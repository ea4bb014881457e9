/** The command line: what it may say, and what it said. */
import { completeFlags, usageMessage, type FlagNames } from '@marserve/archiver/command-line';
import yargs, { type Argv, type Options } from 'yargs';
import { CONFIG_KEYS, CONFIG_SECTIONS, INEFFECTIVE_KEYS, flagOf, type ConfigKey } from '../config/schema.ts';
import { messageOf } from '../core/errors.ts';
import { SERVER_VERSION } from '../server-version.ts';
import { UsageError } from './cli-error.ts';

/** What the flags said; defaults are filled in. */
export interface CommandLine {
  /** Which of `--start`, `--stop` and `--status` it was. */
  readonly command: 'start' | 'stop' | 'status';
  /** Whether only what a start would register is shown (`--dry-run`). */
  readonly isDryRun: boolean;
  /** Whether a start stays in this process (`--foreground`). */
  readonly isForeground: boolean;
  /** This process is the daemon that a start in the background made. */
  readonly isDaemon: boolean;
  /** Whether models are restored at the start, and written down. */
  readonly hasSnapshots: boolean;
  /** How long a start in the background waits for the models, in seconds; 0 for not at all. */
  readonly waitSeconds: number;
  /** File of `--ts-config`, as it was written. */
  readonly configFile?: string;
  /** Key of the configuration → text. */
  readonly flags: Readonly<Record<string, string>>;
  /** Flags of other servers that do nothing here, a sentence each. */
  readonly warnings: readonly string[];
}

/** Marks the daemon's own command line. */
export const DAEMON_FLAG = '--as-daemon';

const DEFAULT_WAIT_SECONDS = 120;

const COMMANDS = {
  start: { type: 'boolean', describe: 'Start the server (the default)', conflicts: ['stop', 'status'] },
  stop: { type: 'boolean', describe: 'Stop the server; exits 0 as well when there is none', conflicts: 'status' },
  status: {
    type: 'boolean',
    describe: 'Show pid, uptime, addresses and models; exits 3 when no server runs, 4 when it is not ready',
  },
  foreground: { type: 'boolean', describe: 'Stay in the terminal, with the log on stdout' },
  wait: {
    requiresArg: true,
    describe: 'How long a start in the background waits for its models at most [seconds]',
    defaultDescription: String(DEFAULT_WAIT_SECONDS),
  },
  'no-wait': { type: 'boolean', describe: 'Return when the server answers, without its models', conflicts: 'wait' },
  'dry-run': { type: 'boolean', describe: 'With --apply: show what would be registered, and start nothing' },
  'ts-config': {
    requiresArg: true,
    describe: 'Configuration file; by default config.properties in this folder, where there is one',
  },
  'no-config-snapshots': {
    type: 'boolean',
    alias: 'ncs',
    describe: 'Start afresh: restore no models, and write no snapshots of them',
  },
  [DAEMON_FLAG.slice(2)]: { type: 'boolean', hidden: true },
} satisfies Record<string, Options>;

/** Flags of other servers without effect: flag → key. */
const INEFFECTIVE_FLAGS: Readonly<Record<string, string>> = {
  'plugins-path': 'plugins_path',
  ppath: 'plugins_path',
  'cpp-log-config': 'cpp_log_config',
  'num-http-threads': 'num_http_threads',
  'max-threads': 'max_threads',
  'max-asyncio-workers': 'max_asyncio_workers',
  'enable-latency-logging': 'enable_latency_logging',
  'event-loop': 'event_loop',
  'access-log-format': 'access_log_format',
  'configure-logging': 'configure_logging',
  'enable-docs-url': 'enable_docs_url',
  'log-config-file': 'log_config_file',
};

/** Other names that the flags of TorchServe and KServe have. */
const ALIASES: Readonly<Record<string, string>> = {
  'disable-token-auth': 'dt',
  'default-workers-per-model': 'workers',
  'predictor-protocol': 'protocol',
  'keep-alive-timeout': 'timeout-keep-alive',
  'max-request-size': 'grpc-max-receive-message-length',
  'max-response-size': 'grpc-max-send-message-length',
};

/**
 * @returns undefined when the command line was answered already, as `--help` is
 * @throws UsageError
 */
export async function readCommandLine(args: readonly string[]): Promise<CommandLine | undefined> {
  try {
    const [first = ''] = args;
    if (Object.hasOwn(COMMANDS, first)) throw new Error(`Unknown argument: ${first}. Did you mean --${first}?`);
    const values = await createParser(completeFlags(args, flagNames())).parseAsync();
    return values.help === true || values.version === true ? undefined : toCommandLine(values);
  } catch (error) {
    throw new UsageError(`${usageMessage(messageOf(error)).replace(/[^.?]$/, '$&.')}\nSee model-server --help.`, {
      cause: error,
    });
  }
}

function flagNames(): FlagNames {
  const commands = Object.entries(COMMANDS).map(([flag, options]) => [flag, 'requiresArg' in options] as const);
  const keys = Object.entries(CONFIG_KEYS).flatMap(([key, row]) => {
    const flag = flagOf(key, row);
    const names = [flag, ALIASES[flag ?? '']].filter((name) => name !== undefined);
    return names.map((name) => [name, row.type.name !== 'boolean'] as const);
  });
  const ineffective = Object.keys(INEFFECTIVE_FLAGS).map((flag) => [flag, true] as const);
  const others = ['ncs', 'help', 'h', 'version', 'v'].map((flag) => [flag, false] as const);
  return Object.fromEntries([...commands, ...keys, ...ineffective, ...others]);
}

function createParser(args: string[]): Argv {
  const parser = yargs(args)
    .scriptName('model-server')
    .usage('$0 [--start] --model-store DIR [--models ARCHIVE … | all] [options]\n$0 --stop | --status')
    .parserConfiguration({
      'boolean-negation': false,
      'duplicate-arguments-array': false,
      'camel-case-expansion': false,
      'parse-numbers': false,
    })
    .options(COMMANDS)
    .group([...Object.keys(COMMANDS), 'help', 'version'], 'Commands:');
  for (const { title, keys } of CONFIG_SECTIONS) addConfigFlags(parser, title, keys);
  for (const flag of Object.keys(INEFFECTIVE_FLAGS)) parser.option(flag, { requiresArg: true, hidden: true });
  return parser
    .epilogue('Each flag is a key of config.properties too, and there are more: see docs/config.md.')
    .version(`marserve ${SERVER_VERSION}`)
    .alias('version', 'v')
    .help()
    .alias('help', 'h')
    .detectLocale(false)
    .strict()
    .wrap(Math.min(110, process.stdout.columns || 110))
    .exitProcess(false)
    .fail(false);
}

function addConfigFlags(parser: Argv, title: string, keys: Readonly<Record<string, ConfigKey>>): void {
  const flags = Object.entries(keys).flatMap(([key, row]) => {
    const flag = flagOf(key, row);
    return flag === undefined ? [] : [{ flag, row, options: optionsOf(flag, row) }];
  });
  for (const { flag, options } of flags) parser.option(flag, options);
  const names = flags.map(({ flag }) => flag);
  parser.group(names, `${title}:`);
}

function optionsOf(flag: string, { type, description, default: text, defaultInWords }: ConfigKey): Options {
  const unit = type.unit === undefined ? '' : ` [${type.unit}]`;
  const standard = {
    describe: description.replaceAll('`', '') + unit,
    alias: ALIASES[flag],
    defaultDescription: defaultInWords?.replaceAll('`', '') ?? text,
  };
  if (type.name === 'boolean') return { ...standard, type: 'boolean' };
  return { ...standard, requiresArg: true, array: flag === 'models' || flag === 'apply' };
}

type Values = Readonly<Record<string, unknown>>;

function toCommandLine(values: Values): CommandLine {
  return {
    command: values.stop === true ? 'stop' : values.status === true ? 'status' : 'start',
    isDryRun: isDryRun(values),
    isForeground: values.foreground === true,
    isDaemon: values[DAEMON_FLAG.slice(2)] === true,
    hasSnapshots: values['no-config-snapshots'] !== true,
    waitSeconds: values['no-wait'] === true ? 0 : secondsOf(values.wait ?? DEFAULT_WAIT_SECONDS),
    configFile: values['ts-config'] as string | undefined,
    flags: configTexts(values),
    warnings: warningsOf(values),
  };
}

function isDryRun({ 'dry-run': isDry, apply }: Values): boolean {
  if (isDry === true && apply === undefined) throw new Error('--dry-run needs --apply FILE');
  return isDry === true;
}

function secondsOf(value: unknown): number {
  if (/^\d{1,6}$/.test(String(value))) return Number(value);
  throw new Error(`--wait: expected a number of seconds, came "${String(value)}"`);
}

function configTexts(values: Values): Record<string, string> {
  const given = Object.entries(CONFIG_KEYS).map(([key, row]) => [key, values[flagOf(key, row) ?? '']] as const);
  return Object.fromEntries(
    given.filter(([, value]) => value !== undefined).map(([key, value]) => [key, String(value)]),
  );
}

function warningsOf(values: Values): string[] {
  return Object.entries(INEFFECTIVE_FLAGS)
    .filter(([flag]) => values[flag] !== undefined)
    .map(([flag, key]) => `--${flag} does nothing: ${INEFFECTIVE_KEYS[key]}.`);
}
