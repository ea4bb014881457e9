/**
 * The pid file: one daemon a file. Its first line is the daemon's process id; the second says, as JSON, what else
 * `--status` shows, and when the process started, so that a later process with the same id is not taken for it.
 */
import { linkSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { CONFIG_KEYS } from '../config/schema.ts';
import { messageOf } from '../core/errors.ts';
import { CliError } from './cli-error.ts';
import { identify } from '../process-identity.ts';

/** A daemon that runs. */
export interface DaemonRecord {
  readonly pid: number;
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

/** The daemon that holds a pid file; undefined when there is none, or it is no more. */
export function findDaemon(file: string): DaemonRecord | undefined {
  const record = parse(read(file));
  const process = record && identify(record.pid);
  if (process === undefined || process.startTime !== record?.startTime) return undefined;
  // A stranger could name our process in a file in a shared folder, to have us stop it.
  const isStrangers = process.userId !== undefined && process.userId !== statSync(file, { throwIfNoEntry: false })?.uid;
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
 * @throws CliError when a daemon holds it, or it cannot be written
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
      if (parse(read(file))?.pid === pid) rmSync(file, { force: true });
    },
  };
}

/** A link appears with its whole content, and fails when the file exists. */
function create(file: string, content: string): boolean {
  const temporary = `${file}.${process.pid}`;
  writeFileSync(temporary, content);
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
  const aside = `${file}.stale-${process.pid}`;
  renameSync(file, aside);
  // Another starter may have been faster: what was set aside is then its new file.
  if (read(aside) !== content) linkSync(aside, file);
  rmSync(aside, { force: true });
}

function replace(file: string, content: string): void {
  const temporary = `${file}.${process.pid}`;
  writeFileSync(temporary, content);
  renameSync(temporary, file);
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function format({ pid, ...facts }: DaemonRecord): string {
  return `${pid}\n${JSON.stringify(facts)}\n`;
}

/** What is no record of ours is as good as no file. */
function parse(content: string | undefined): DaemonRecord | undefined {
  const [, pid, facts] = /^(\d+)\n(\{.*\})\n$/.exec(content ?? '') ?? [];
  if (pid === undefined || facts === undefined) return undefined;
  try {
    return { ...(JSON.parse(facts) as Omit<DaemonRecord, 'pid'>), pid: Number(pid) };
  } catch {
    return undefined;
  }
}
