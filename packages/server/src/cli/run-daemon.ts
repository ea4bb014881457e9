/** The daemon itself: holds the pid file, runs the server, ends it when it is told to. */
import type { ServerConfig } from '../config/schema.ts';
import { createLogger, type LogOutput } from '../observability/logs/logger.ts';
import { SERVER_VERSION } from '../server-version.ts';
import type { StartupOutcome } from '../startup-models.ts';
import { claimPidFile, type PidFile } from './pid-file.ts';
import { createReopenSignal, type ReopenSignal } from './reopen-signal.ts';
import { claimSnapshotFolder, type SnapshotFolder } from './snapshot-folder.ts';
import type { ListeningReport } from './start-report.ts';
import { createStopSignal, type StopSignal } from './stop-signal.ts';

const EXIT_GRACE_MS = 2000;

/** What the daemon runs with, and who hears of its start. */
export interface DaemonOptions {
  /** The whole configuration. */
  readonly config: ServerConfig;
  /** See `LoadedConfig`. */
  readonly properties: Readonly<Record<string, string>>;
  /** Whether models are restored at the start, and written down. */
  readonly hasSnapshots: boolean;
  /** Where the log goes when the configuration does not say; stdout by default. */
  readonly logFile?: string;
  /** Logged at the start. */
  readonly warnings: readonly string[];
  /** Called when the server answers, before its models are there. */
  readonly onListening?: (report: ListeningReport) => void;
  /** Called when it is known what has become of a model of the start. */
  readonly onStartupOutcome?: (outcome: StartupOutcome) => void;
  /** Called when the models of the start are registered or have failed; their workers may still be starting then. */
  readonly onLoaded?: () => void;
}

/** Resolves when the server was stopped. @throws what kept it from starting, or from stopping */
export async function runDaemon(options: DaemonOptions): Promise<void> {
  const stopSignal = createStopSignal();
  const reopenSignal = createReopenSignal();
  const pidFile = claimPidFile(options.config.pidFile);
  let snapshots: SnapshotFolder | undefined;
  try {
    const log = await openLog(options);
    reopenSignal.handle(() => reopen(log));
    snapshots = options.hasSnapshots ? claimSnapshotFolder(log.logger) : undefined;
    await serve(options, { pidFile, stopSignal, reopenSignal, log, snapshots });
  } finally {
    snapshots?.release();
    pidFile.release();
    stopSignal.dispose();
    reopenSignal.dispose();
    // A handle that somebody forgot must not keep a server that has stopped.
    setTimeout(() => process.exit(), EXIT_GRACE_MS).unref();
  }
}

async function openLog({ config, logFile }: DaemonOptions): Promise<LogOutput> {
  const log = await createLogger({
    level: config.logLevel,
    format: config.logFormat,
    file: config.logFile ?? logFile,
    rotation: { maxBytes: config.logMaxFileSize, interval: config.logRotation, maxFiles: config.logMaxFiles },
  });
  process.once('exit', () => log.flushSync());
  return log;
}

async function reopen({ logger, reopen: reopenLog }: LogOutput): Promise<void> {
  try {
    const isReopened = await reopenLog();
    const message = isReopened ? 'the log file was opened anew' : 'there is no log file to be opened anew';
    logger.info(message, { signal: 'SIGHUP' });
  } catch (error) {
    logger.error('the log file could not be opened anew; the former one is written on', { error });
  }
}

interface Parts {
  readonly pidFile: PidFile;
  readonly stopSignal: StopSignal;
  readonly reopenSignal: ReopenSignal;
  readonly log: LogOutput;
  readonly snapshots?: SnapshotFolder;
}

async function serve(options: DaemonOptions, parts: Parts): Promise<void> {
  const { config, properties, warnings, onListening, onStartupOutcome, onLoaded } = options;
  const { pidFile, stopSignal, reopenSignal, log, snapshots } = parts;
  const { logger } = log;
  logger.info('starting', {
    version: SERVER_VERSION,
    pid: process.pid,
    node: process.version,
    modelStore: config.modelStore,
  });
  for (const warning of warnings) logger.warn(warning);
  const { startServer } = await import('../server.ts');
  const written = snapshots && { ...snapshots, properties };
  const server = await startServer(config, logger, {
    snapshots: written,
    onStartupOutcome,
    lostLogLines: log.lostLines,
    logControl: log.control,
    log,
  });
  const { addresses, startupModels: models } = server;
  reopenSignal.handle(async () => {
    await reopen(log);
    server.reloadCertificates();
  });
  pidFile.record(addresses);
  logger.info('listening', addresses);
  try {
    await log.flush();
    onListening?.({ kind: 'listening', addresses, models });
    const isLoaded = await Promise.race([server.loaded.then(() => true), stopSignal.received.then(() => false)]);
    await log.flush();
    if (isLoaded) onLoaded?.();
    logger.info('stopping', { signal: await stopSignal.received });
  } finally {
    await server.stop();
  }
  logger.info('stopped');
  await log.flush();
}
