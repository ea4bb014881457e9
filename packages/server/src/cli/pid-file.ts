/**
 * The pid file: one daemon a file. Its first line is the daemon's process id; the second says, as JSON, what else
 * `--status` shows, and when the process started, so that a later process with the same id is not taken for it.
 */
import { randomUUID } from 'node:crypto';
import { linkSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { CONFIG_KEYS } from '../config/schema.ts';
import { messageOf } from '../core/errors.ts';
import { CliError } from './cli-error.ts';
import { readOwnFile, userId } from '../own-file.ts';
import { identify } from '../process-identity.ts';

/** A daemon that runs. */
export interface DaemonRecord {
  /** Its process id. */
  readonly pid: number;
  /** What the system says of when the process started; undefined where it cannot be asked. */
  readonly startTime?: string;
  /** ISO 8601. */
  readonly startedAt: string;
  /** Where it listens; undefined while it starts. */
  readonly addresses?: Addresses;
}

/** Listener → URL. */
export type Addresses = Readonly<Record<string, string | undefined>>;

/** A pid file that this process holds. */
export interface PidFile {
  /** Adds where the daemon listens. */
  record(addresses: Addresses): void;
  /** Deletes the file. */
  release(): void;
}

/**
 * The daemon that holds a pid file; undefined when there is none, or it is no more.
 * @throws CliError when the file is a link or another user's: what it says is not believed
 */
export function findDaemon(file: string): DaemonRecord | undefined {
  const record = parse(read(file));
  const process = record && identify(record.pid);
  if (process === undefined || process.startTime !== record?.startTime) return undefined;
  const isStrangers = process.userId !== undefined && process.userId !== userId();
  return isStrangers ? undefined : record;
}

/** @throws CliError when a daemon holds the file */
export function assertNoDaemon(file: string): void {
  const daemon = findDaemon(file);
  if (daemon === undefined) return;
  throw new CliError(`model-server is already running (pid ${daemon.pid}). Stop it with: ${stopCommand(file)}`);
}

/** What a person types to end the daemon that holds the file. */
export function stopCommand(file: string): string {
  return file === CONFIG_KEYS.pid_file.default ? 'model-server --stop' : `model-server --stop --pid-file ${file}`;
}

/**
 * Takes a pid file for this process; the file of a daemon that is no more is replaced.
 * @throws CliError when a daemon holds it, it is a link or another user's, or it cannot be written
 */
export function claimPidFile(file: string): PidFile {
  const { pid } = process;
  const record: DaemonRecord = { pid, startTime: identify(pid)?.startTime, startedAt: new Date().toISOString() };
  try {
    while (!create(file, format(record))) removeStale(file);
  } catch (error) {
    if (error instanceof CliError) throw error;
    throw new CliError(`Cannot write the pid file ${file}: ${messageOf(error)}. Choose another with --pid-file.`, {
      cause: error,
    });
  }
  return {
    record: (addresses) => replace(file, format({ ...record, addresses })),
    release() {
      if (isHolder(file, record)) rmSync(file, { force: true });
    },
  };
}

/** A link appears with its whole content, and fails when the file exists. */
function create(file: string, content: string): boolean {
  const temporary = writeBeside(file, content);
  try {
    linkSync(temporary, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(temporary, { force: true });
  }
}

/** @throws CliError when the file is not stale */
function removeStale(file: string): void {
  assertNoDaemon(file);
  const content = read(file);
  if (content === undefined) return;
  const aside = `${file}.${randomUUID()}`;
  renameSync(file, aside);
  // Another starter may have been faster: what was set aside is then its new file.
  if (read(aside) !== content) linkSync(aside, file);
  rmSync(aside, { force: true });
}

function replace(file: string, content: string): void {
  const temporary = writeBeside(file, content);
  renameSync(temporary, file);
}

/** Under a name that nobody can know, and in a new file: others may write in the folder, too. */
function writeBeside(file: string, content: string): string {
  const temporary = `${file}.${randomUUID()}`;
  writeFileSync(temporary, content, { flag: 'wx', mode: 0o644 });
  return temporary;
}

/** Whether the file is still this process's; it may have been replaced by whatever. */
function isHolder(file: string, { pid, startTime }: DaemonRecord): boolean {
  try {
    const found = parse(read(file));
    return found?.pid === pid && found.startTime === startTime;
  } catch {
    return false;
  }
}

function read(file: string): string | undefined {
  return readOwnFile(file, (problem) => {
    const advice = 'It is neither believed nor replaced: delete it, or choose another with --pid-file.';
    return new CliError(`The pid file ${file} ${problem}. ${advice}`);
  });
}

function format({ pid, ...facts }: DaemonRecord): string {
  return `${pid}\n${JSON.stringify(facts)}\n`;
}

/** What is no record of ours is as good as no file. */
function parse(content: string | undefined): DaemonRecord | undefined {
  const [, pid, facts] = /^([1-9]\d*)\n(\{.*\})\n$/.exec(content ?? '') ?? [];
  if (pid === undefined || facts === undefined) return undefined;
  try {
    return { ...(JSON.parse(facts) as Omit<DaemonRecord, 'pid'>), pid: Number(pid) };
  } catch {
    return undefined;
  }
}
