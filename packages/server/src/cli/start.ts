/** `--start`: in the foreground, in the background, or as the daemon that a start in the background made. */
import { loadConfig, type ConfigSources, type LoadedConfig } from '../config/load.ts';
import { tokenApis } from '../config/token-apis.ts';
import { messageOf } from '../core/errors.ts';
import type { StartupOutcome } from '../startup-models.ts';
import { facts } from './facts.ts';
import type { CommandLine } from './flags.ts';
import { backgroundLogFile, launchDaemon, type LaunchedDaemon } from './launch-daemon.ts';
import { assertNoDaemon, stopCommand } from './pid-file.ts';
import { runDaemon } from './run-daemon.ts';
import { endReports, sendReport, type ListeningReport } from './start-report.ts';
import { StartupProgress } from './startup-progress.ts';

/** Scripts wait for a line that begins so, as TorchServe's do. */
const STARTED = 'Model server started';

/** A start, and what it is configured from. */
export interface StartOptions extends CommandLine {
  /** Where the configuration comes from. */
  readonly sources: ConfigSources;
  /** The command line as it was, for the daemon. */
  readonly args: readonly string[];
}

/**
 * @returns whether all models are ready, as far as that was waited for
 * @throws ConfigError, CliError, ListenError
 */
export async function start(options: StartOptions): Promise<boolean> {
  if (!options.isDaemon && !options.isForeground) return startInBackground(options);
  await (options.isDaemon ? startAsDaemon(options) : startInForeground(options));
  return true;
}

/** Resolves when the server was stopped. */
function startInForeground(options: StartOptions): Promise<void> {
  return runDaemon({ ...load(options), onLoaded: () => void process.stdout.write(`${STARTED}.\n`) });
}

/** Resolves when the server was stopped. */
async function startAsDaemon(options: StartOptions): Promise<void> {
  try {
    await runDaemon({
      ...load(options),
      logFile: backgroundLogFile(),
      // Whether the command that is told still listens does not matter.
      onListening: (report) => void sendReport(report),
      onStartupOutcome: (outcome) => void sendReport({ kind: 'outcome', outcome }),
    });
  } catch (error) {
    await sendReport({ kind: 'failed', message: messageOf(error) });
    throw error;
  } finally {
    endReports();
  }
}

/** Resolves when the server answers and, unless told otherwise, its models are ready or have failed. */
async function startInBackground(options: StartOptions): Promise<boolean> {
  const { config, warnings } = load(options);
  assertNoDaemon(config.pidFile);
  for (const warning of warnings) process.stderr.write(`WARNING - ${warning}\n`);
  const daemon = launchDaemon(options.args, config.logFile);
  const { addresses, models, outcomes } = await listening(daemon);
  const keys = tokenApis(config).size === 0 ? undefined : config.tokenKeyFile;
  const shown = { ...addresses, keys, log: daemon.logFile, 'to stop': stopCommand(config.pidFile) };
  process.stdout.write(`${facts(shown)}\n`);
  const notReady = options.waitSeconds > 0 ? await waitForModels(daemon, { models, outcomes, ...options }) : 0;
  daemon.release();
  const verb = notReady === 1 ? 'is' : 'are';
  const rest = notReady === 0 ? '' : `, but ${notReady} of ${models.length} models ${verb} not ready`;
  process.stdout.write(`${STARTED}${rest}.\n`);
  return notReady === 0;
}

interface Listening extends ListeningReport {
  /** Those that came earlier. */
  readonly outcomes: readonly StartupOutcome[];
}

async function listening(daemon: LaunchedDaemon): Promise<Listening> {
  const outcomes: StartupOutcome[] = [];
  let found: Listening | undefined;
  await daemon.reports((report) => {
    if (report.kind === 'outcome') outcomes.push(report.outcome);
    if (report.kind === 'listening') found = { ...report, outcomes };
    return found !== undefined;
  });
  if (found === undefined) throw new Error('the daemon said nothing');
  return found;
}

interface Waiting extends Pick<Listening, 'models' | 'outcomes'> {
  /** How long at most. */
  readonly waitSeconds: number;
}

/** @returns how many models are not ready */
async function waitForModels(daemon: LaunchedDaemon, { models, outcomes, waitSeconds }: Waiting): Promise<number> {
  const progress = new StartupProgress(models, process.stdout);
  const notReady = new Set(models);
  const take = (outcome: StartupOutcome) => {
    progress.show(outcome);
    if (outcome.kind !== 'failed') notReady.delete(outcome.label);
    settled += 1;
    return settled === models.length;
  };
  let settled = 0;
  try {
    const isOver = outcomes.map(take).at(-1) ?? models.length === 0;
    if (!isOver)
      await daemon.reports((report) => report.kind === 'outcome' && take(report.outcome), waitSeconds * 1000);
  } finally {
    progress.end();
  }
  return notReady.size;
}

function load({ sources, warnings, hasSnapshots }: StartOptions): LoadedConfig & { readonly hasSnapshots: boolean } {
  const loaded = loadConfig(sources);
  // A single file is what was named, and nothing else.
  const { modelPath, handler } = loaded.config;
  const isOneFile = modelPath !== undefined || handler !== undefined;
  return { ...loaded, warnings: [...warnings, ...loaded.warnings], hasSnapshots: hasSnapshots && !isOneFile };
}
