/** Writes core's log with pino: JSON lines for machines, lines for people on a terminal. */
import { mkdirSync, openSync } from 'node:fs';
import path from 'node:path';
import { isatty } from 'node:tty';
import { destination, pino, stdSerializers, stdTimeFunctions, type DestinationStream, type Logger as Pino } from 'pino';
import { messageOf } from '../core/errors.ts';
import type { LogFields, Logger } from '../core/logger.ts';
import { escapeHidden } from './log-characters.ts';
import { LogFileError } from './log-file-error.ts';

export interface LoggerOptions {
  /** Lines below it are left out. */
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  /** `auto` is pretty on a terminal and JSON elsewhere. */
  readonly format: 'auto' | 'json' | 'pretty';
  /** File that lines are appended to; stdout by default. */
  readonly file?: string;
  /** Takes the lines instead of a file. */
  readonly destination?: DestinationStream;
}

export interface LogOutput {
  readonly logger: Logger;
  /** Resolves when everything logged so far is written. */
  readonly flush: () => Promise<void>;
}

const STDOUT = 1;
/** Lines are written together, since a write for each took 9 % of the daemon's time; none waits longer than this (ms). */
const BUFFERING = { minLength: 8 * 2 ** 10, periodicFlush: 50 };
/** What may wait when the disk or the reader is slow; lines beyond it are lost. */
const MAX_WAITING_BYTES = 16 * 2 ** 20;

/** @throws LogFileError */
export async function createLogger(options: LoggerOptions): Promise<LogOutput> {
  const { stream, flush } = openOutput(options);
  const isPretty = options.format === 'pretty' || (options.format === 'auto' && isTerminal(options));
  const target = isPretty ? await prettyStream(stream, isTerminal(options)) : jsonStream(stream);
  return { logger: adapt(pino(pinoOptions(options), target)), flush };
}

function isTerminal({ destination: given, file }: LoggerOptions): boolean {
  return given === undefined && file === undefined && isatty(STDOUT);
}

interface Output {
  readonly stream: DestinationStream;
  readonly flush: LogOutput['flush'];
}

function openOutput({ destination: given, file }: LoggerOptions): Output {
  if (given !== undefined) return { stream: given, flush: () => Promise.resolve() };
  const fd = file === undefined ? STDOUT : openLogFile(file);
  const stream = destination({ dest: fd, sync: false, ...BUFFERING, maxLength: MAX_WAITING_BYTES });
  // A full disk must not end the server: what cannot be written is lost.
  stream.on('error', () => {});
  // Twice: a periodic write that has just begun may answer the first call, without the lines that came after it.
  return { stream, flush: () => new Promise((resolve) => stream.flush(() => stream.flush(() => resolve()))) };
}

function openLogFile(file: string): number {
  try {
    mkdirSync(path.dirname(file), { recursive: true });
    return openSync(file, 'a');
  } catch (error) {
    const advice = 'Choose another with --log-file or log_file in config.properties.';
    throw new LogFileError(`Cannot open the log file ${file}: ${messageOf(error)}. ${advice}`, { cause: error });
  }
}

function pinoOptions({ level }: LoggerOptions) {
  return {
    level,
    base: null,
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    serializers: { error: stdSerializers.errWithCause },
  };
}

function jsonStream(stream: DestinationStream): DestinationStream {
  return { write: (line) => stream.write(escapeHidden(line)) };
}

async function prettyStream(stream: DestinationStream, isTerminal: boolean): Promise<DestinationStream> {
  const { createPrettyFormat } = await import('./pretty-format.ts');
  const format = createPrettyFormat({ isColoured: isTerminal && !process.env.NO_COLOR });
  return { write: (line) => stream.write(format(line)) };
}

function adapt(log: Pino): Logger {
  return {
    debug: (message, fields) => log.debug(fields, message),
    info: (message, fields) => log.info(fields, message),
    warn: (message, fields) => log.warn(fields, message),
    error: (message, fields) => log.error(fields, message),
    child: (fields: LogFields) => adapt(log.child(fields)),
  };
}
