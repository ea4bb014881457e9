/** Starts the daemon in the background, and passes on what it says of its start. */
import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, fstatSync, mkdirSync, openSync, readFileSync, statSync } from 'node:fs';
import { constants } from 'node:os';
import path from 'node:path';
import { messageOf } from '../core/errors.ts';
import { CliError } from './cli-error.ts';
import { DAEMON_FLAG } from './flags.ts';
import type { StartReport } from './start-report.ts';

/** A daemon of its own session, which still reports to this process. */
export interface LaunchedDaemon {
  /** Where it logs. */
  readonly logFile: string;
  /**
   * Resolves when `listener` has returned true for a report, or after `timeoutMs`.
   * @returns whether it has
   * @throws CliError with the daemon's own reason, or what it wrote before it died
   */
  reports(listener: (report: StartReport) => boolean, timeoutMs?: number): Promise<boolean>;
  /** Lets this process end without the daemon. */
  release(): void;
}

/** Where a daemon in the background logs when the configuration does not say. */
export function backgroundLogFile(): string {
  return path.join(process.env.LOG_LOCATION || 'logs', 'marserve.log');
}

const LAST_LINES = 20;
/** Of what earlier daemons said, more than this goes at the next start. */
const MAX_OUTPUT_BYTES = 2 ** 20;

/**
 * The daemon is this program again, with the same arguments, in a session of its own.
 * @param logFile where it logs
 * @throws CliError when that cannot be written
 */
export function launchDaemon(args: readonly string[], logFile = backgroundLogFile()): LaunchedDaemon {
  const output = openOutput(logFile);
  const outputStart = fstatSync(output.fd).size;
  const [program = ''] = process.argv.slice(1);
  const child = spawn(process.execPath, [...process.execArgv, program, DAEMON_FLAG, ...args], {
    detached: true,
    stdio: ['ignore', output.fd, output.fd, 'ipc'],
  });
  closeSync(output.fd);
  const stopPassingOn = passSignalsOn(child);
  const events = collectEvents(child);
  return {
    logFile,
    reports: (listener, timeoutMs) =>
      events.read((event) => {
        if (event.kind === 'failed') throw new CliError(event.message);
        if (event.kind !== 'ended') return listener(event);
        const end = `${event.how}). The end of ${output.file}:\n${lastLines(output.file, outputStart)}`;
        throw new CliError(`The server ended while it started (${end}`);
      }, timeoutMs),
    release() {
      stopPassingOn();
      if (child.connected) child.disconnect();
      child.unref();
    },
  };
}

/**
 * What Node says when it ends for lack of memory, and the like, does not come through the log. It has a file of its own,
 * since a process cannot exchange its stderr when its log is rotated.
 */
function openOutput(logFile: string): { readonly file: string; readonly fd: number } {
  try {
    const isDevice = statSync(logFile, { throwIfNoEntry: false })?.isFile() === false;
    const file = `${isDevice ? backgroundLogFile() : logFile}.err`;
    mkdirSync(path.dirname(file), { recursive: true });
    const isLarge = (statSync(file, { throwIfNoEntry: false })?.size ?? 0) > MAX_OUTPUT_BYTES;
    return { file, fd: openSync(file, isLarge ? 'w+' : 'a+') };
  } catch (error) {
    const advice = 'Choose another with --log-file or LOG_LOCATION, or start with --foreground.';
    throw new CliError(`Cannot open the log file ${logFile}: ${messageOf(error)}. ${advice}`, { cause: error });
  }
}

type Event = StartReport | { readonly kind: 'ended'; readonly how: string };

interface Events {
  read(listener: (event: Event) => boolean, timeoutMs?: number): Promise<boolean>;
}

/** Reports are kept until they are read. */
function collectEvents(child: ChildProcess): Events {
  const events: Event[] = [];
  let wake = () => {};
  const add = (event: Event) => {
    events.push(event);
    wake();
  };
  child.on('message', (report) => add(report as StartReport));
  child.once('error', (error) => add({ kind: 'ended', how: error.message }));
  child.once('exit', (code, signal) => add({ kind: 'ended', how: signal ?? `exit code ${code}` }));
  return {
    async read(listener, timeoutMs) {
      let isOver = false;
      const timer = timeoutMs === undefined ? undefined : setTimeout(() => ((isOver = true), wake()), timeoutMs);
      try {
        for (;;) {
          const event = events.shift();
          if (event !== undefined && listener(event)) return true;
          if (event !== undefined) continue;
          if (isOver) return false;
          await new Promise<void>((resolve) => (wake = resolve));
        }
      } finally {
        clearTimeout(timer);
      }
    },
  };
}

/** Who interrupts the start does not want the server: it does not see the terminal's signals itself. */
function passSignalsOn(child: ChildProcess): () => void {
  const listener = (signal: NodeJS.Signals) => {
    child.kill('SIGTERM');
    process.exit(128 + constants.signals[signal]);
  };
  process.once('SIGINT', listener).once('SIGTERM', listener);
  return () => void process.off('SIGINT', listener).off('SIGTERM', listener);
}

/** What the file holds beyond `start`, a byte offset: its last lines. */
function lastLines(file: string, start: number): string {
  const added = readFileSync(file).subarray(start).toString('utf8').trimEnd();
  return added === ''
    ? '  (nothing)'
    : added
        .split('\n')
        .slice(-LAST_LINES)
        .map((line) => `  ${line}`)
        .join('\n');
}
