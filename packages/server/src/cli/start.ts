/** `--start`: in the foreground, in the background, or as the daemon that a start in the background made. */
import { loadConfig, type ConfigSources, type LoadedConfig } from '../config/load.ts';
import { messageOf } from '../core/errors.ts';
import { facts } from './facts.ts';
import type { CommandLine } from './flags.ts';
import { backgroundLogFile, launchDaemon } from './launch-daemon.ts';
import { assertNoDaemon, stopCommand } from './pid-file.ts';
import { runDaemon } from './run-daemon.ts';
import { sendReport } from './start-report.ts';

/** Scripts wait for this line, as TorchServe's do. */
const STARTED = 'Model server started.\n';

export interface StartOptions extends CommandLine {
  readonly sources: ConfigSources;
  /** The command line as it was, for the daemon. */
  readonly args: readonly string[];
}

/** @throws ConfigError, CliError, ListenError */
export async function start(options: StartOptions): Promise<void> {
  if (options.isDaemon) await startAsDaemon(options);
  else if (options.isForeground) await startInForeground(options);
  else await startInBackground(options);
}

/** Resolves when the server was stopped. */
function startInForeground(options: StartOptions): Promise<void> {
  return runDaemon({ ...load(options), onReady: () => void process.stdout.write(STARTED) });
}

/** Resolves when the server was stopped. */
async function startAsDaemon(options: StartOptions): Promise<void> {
  try {
    await runDaemon({
      ...load(options),
      logFile: backgroundLogFile(),
      onReady: (addresses) => sendReport({ kind: 'ready', addresses }),
    });
  } catch (error) {
    await sendReport({ kind: 'failed', message: messageOf(error) });
    throw error;
  }
}

/** Resolves when the server answers. */
async function startInBackground(options: StartOptions): Promise<void> {
  const { config, warnings } = load(options);
  assertNoDaemon(config.pidFile);
  for (const warning of warnings) process.stderr.write(`WARNING - ${warning}\n`);
  const { addresses, logFile } = await launchDaemon(options.args, config.logFile);
  const shown = facts({ ...addresses, log: logFile, 'to stop': stopCommand(config.pidFile) });
  process.stdout.write(`${shown}\n${STARTED}`);
}

function load({ sources, warnings, hasSnapshots }: StartOptions): LoadedConfig & { readonly hasSnapshots: boolean } {
  const loaded = loadConfig(sources);
  return { ...loaded, warnings: [...warnings, ...loaded.warnings], hasSnapshots };
}
