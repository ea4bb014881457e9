/** Starts the daemon in the background, and waits until it answers or says why it does not. */
import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, fstatSync, mkdirSync, openSync, readFileSync, statSync } from 'node:fs';
import { constants } from 'node:os';
import path from 'node:path';
import { messageOf } from '../core/errors.ts';
import { CliError } from './cli-error.ts';
import { DAEMON_FLAG } from './flags.ts';
import type { Addresses } from './pid-file.ts';
import type { StartReport } from './start-report.ts';

export interface LaunchedDaemon {
  readonly addresses: Addresses;
  /** Where it logs. */
  readonly logFile: string;
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
 * @throws CliError with the daemon's own reason, or what it wrote before it died
 */
export async function launchDaemon(args: readonly string[], logFile = backgroundLogFile()): Promise<LaunchedDaemon> {
  const output = openOutput(logFile);
  const outputStart = fstatSync(output.fd).size;
  const [program = ''] = process.argv.slice(1);
  const child = spawn(process.execPath, [...process.execArgv, program, DAEMON_FLAG, ...args], {
    detached: true,
    stdio: ['ignore', output.fd, output.fd, 'ipc'],
  });
  closeSync(output.fd);
  const stopPassingOn = passSignalsOn(child);
  const outcome = await outcomeOf(child);
  stopPassingOn();
  if (outcome.kind === 'ready') return { addresses: outcome.addresses, logFile };
  if (outcome.kind === 'failed') throw new CliError(outcome.message);
  throw new CliError(
    `The server ended while it started (${outcome.how}). The end of ${output.file}:\n${lastLines(output.file, outputStart)}`,
  );
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

type Outcome = StartReport | { readonly kind: 'ended'; readonly how: string };

/** After the report, the daemon does not keep this process alive. */
function outcomeOf(child: ChildProcess): Promise<Outcome> {
  return new Promise((resolve) => {
    child.once('message', (report) => {
      child.unref();
      resolve(report as StartReport);
    });
    child.once('error', (error) => resolve({ kind: 'ended', how: error.message }));
    child.once('exit', (code, signal) => resolve({ kind: 'ended', how: signal ?? `exit code ${code}` }));
  });
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
