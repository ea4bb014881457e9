/** Writes core's log with pino: JSON lines for machines, lines for people on a terminal. */
import { closeSync, mkdirSync, openSync, statSync } from 'node:fs';
import path from 'node:path';
import { isatty } from 'node:tty';
import { pino, stdSerializers, stdTimeFunctions, type DestinationStream, type Logger as Pino } from 'pino';
import { messageOf } from '../../core/errors.ts';
import type { LogControl, LogFields, Logger, LogKinds } from '../../core/logger.ts';
import { createDescriptorSink } from './descriptor-sink.ts';
import { LineBuffer } from './line-buffer.ts';
import { escapeHidden } from './log-characters.ts';
import { LogFileError } from './log-file-error.ts';
import { redactSecrets } from '../../core/redact-secrets.ts';
import { createRotatingFileSink, type Rotation } from './rotating-file-sink.ts';
import type { TextSink } from './text-sink.ts';

/** What is logged, how, and where to. */
export interface LoggerOptions {
  /** Lines below it are left out. */
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  /** `auto` is pretty on a terminal and JSON elsewhere. */
  readonly format: 'auto' | 'json' | 'pretty';
  /** File that lines are appended to; stdout by default. */
  readonly file?: string;
  /** When the file is put aside; by default at 50 MB and daily, ten of them kept. */
  readonly rotation?: Rotation;
  /** Takes the lines instead of a file. */
  readonly destination?: DestinationStream;
}

/** The log, and what its owner does with it. */
export interface LogOutput {
  /** What the parts of the server log with. */
  readonly logger: Logger;
  /** Switches kinds of lines on and off. */
  readonly control: LogControl;
  /** Writes lines that another process of the server has made, with their ends. */
  readonly write: (lines: string) => void;
  /** Whether lines are for people. */
  readonly isPretty: boolean;
  /** Resolves when everything logged so far is written, or cannot be. */
  readonly flush: () => Promise<void>;
  /** For the end of the process: what still waits is written now, or lost. */
  readonly flushSync: () => void;
  /** Opens the log file anew, for whoever renamed it. @returns false when there is none @throws what the operating system says */
  readonly reopen: () => Promise<boolean>;
  /** Lines that could not be written since the start. */
  readonly lostLines: () => number;
}

const STDOUT = 1;
const ROTATION: Rotation = { maxBytes: 50 * 2 ** 20, interval: 'daily', maxFiles: 10 };

/** @throws LogFileError */
export async function createLogger(options: LoggerOptions): Promise<LogOutput> {
  const sink = openSink(options);
  // It is given its first line by the logger.
  const buffer: LineBuffer = new LineBuffer(sink, (lines) => logger.warn('log lines were lost', { lines }));
  const control = new KindSwitch(options);
  const log = pino(PINO_OPTIONS, await streamOf(options, options.destination ?? buffer));
  const logger = adapt(log, control);
  return {
    logger,
    control,
    write: (lines) => buffer.write(lines),
    isPretty: isPretty(options),
    flush: () => buffer.flush(),
    flushSync: () => buffer.flushSync(),
    async reopen() {
      await buffer.flush();
      return sink.reopen();
    },
    lostLines: () => buffer.lost,
  };
}

function openSink({ file, rotation = ROTATION }: LoggerOptions): TextSink {
  if (file === undefined) return createDescriptorSink();
  try {
    mkdirSync(path.dirname(file), { recursive: true });
    // Whatever keeps it from being opened is said at the start.
    closeSync(openSync(file, 'a'));
    return statSync(file).isFile() ? createRotatingFileSink(file, rotation) : createDescriptorSink(file);
  } catch (error) {
    const advice = 'Choose another with --log-file or log_file in config.properties.';
    throw new LogFileError(`Cannot open the log file ${file}: ${messageOf(error)}. ${advice}`, { cause: error });
  }
}

/** Secrets leave each line, and characters that could make it look like something else. */
async function streamOf(options: LoggerOptions, target: DestinationStream): Promise<DestinationStream> {
  if (!isPretty(options)) return { write: (line) => target.write(escapeHidden(redactSecrets(line))) };
  const { createPrettyFormat } = await import('./pretty-format.ts');
  const format = createPrettyFormat({ isColoured: isTerminal(options) && !process.env.NO_COLOR });
  return { write: (line) => target.write(format(redactSecrets(line))) };
}

function isPretty(options: LoggerOptions): boolean {
  return options.format === 'pretty' || (options.format === 'auto' && isTerminal(options));
}

function isTerminal({ destination, file }: LoggerOptions): boolean {
  return destination === undefined && file === undefined && isatty(STDOUT);
}

/** What is logged is decided before pino is asked, since its child loggers keep the level that they were made with. */
const PINO_OPTIONS = {
  level: 'debug',
  base: null,
  timestamp: stdTimeFunctions.isoTime,
  formatters: { level: (label: string) => ({ level: label }) },
  serializers: { error: stdSerializers.errWithCause },
};

const LEVELS = ['debug', 'info', 'warn', 'error'] as const;

/** At first, what the level has. */
class KindSwitch implements LogControl {
  readonly file?: string;
  #kinds: LogKinds;

  constructor({ level, file }: LoggerOptions) {
    const least = LEVELS.indexOf(level);
    this.#kinds = Object.fromEntries(LEVELS.map((kind, index) => [kind, index >= least])) as LogKinds;
    if (file !== undefined) this.file = file;
  }

  get kinds(): LogKinds {
    return this.#kinds;
  }

  switch(kinds: Partial<LogKinds>): void {
    this.#kinds = { ...this.#kinds, ...kinds };
  }
}

function adapt(log: Pino, control: KindSwitch): Logger {
  return {
    debug: (message, fields) => void (control.kinds.debug && log.debug(fields, message)),
    info: (message, fields) => void (control.kinds.info && log.info(fields, message)),
    warn: (message, fields) => void (control.kinds.warn && log.warn(fields, message)),
    error: (message, fields) => void (control.kinds.error && log.error(fields, message)),
    child: (fields: LogFields) => adapt(log.child(fields), control),
  };
}
