/** Does tasks on this thread while they are small, and in a thread with limits when they are not. */
import { createRequire } from 'node:module';
import { Worker } from 'node:worker_threads';
import { ArchiveError, type ArchiveErrorCode } from '@marserve/archiver/format';
import { callTask, type TaskCall, type TaskEnd, type TaskName, type Tasks } from './tasks.ts';

/** By its name, since the daemon may run from its bundle. */
const THREAD_MAIN = createRequire(import.meta.url).resolve('@marserve/server/thread');

/** Bytes of input that are read in a few milliseconds, whatever they are; a thread would take longer to start. */
const SMALL = 16 * 2 ** 10;

type TaskResult<K extends TaskName> = Awaited<ReturnType<Tasks[K]>>;

/** What a task may take. */
export interface TaskThreadOptions {
  /** Milliseconds that a task may take; default 30 000. */
  readonly timeoutMs?: number;
  /** Megabytes of memory that a task may take; default 256. */
  readonly maxMegabytes?: number;
}

/**
 * Does a task; those that need the thread wait for each other.
 * @param inputBytes how much there is to read
 * @returns what the task returns
 * @throws ArchiveError `too_large` when it takes too long or too much memory; else what the task throws: an ArchiveError,
 * or an Error with its message
 */
export type RunTask = <K extends TaskName>(call: TaskCall<K>, inputBytes: number) => Promise<TaskResult<K>>;

/** Makes the one thread's place: at most one thread runs at a time. */
export function createTaskThread({ timeoutMs = 30_000, maxMegabytes = 256 }: TaskThreadOptions = {}): RunTask {
  let last: Promise<unknown> = Promise.resolve();
  return async <K extends TaskName>(call: TaskCall<K>, inputBytes: number): Promise<TaskResult<K>> => {
    if (inputBytes <= SMALL) return callTask(call) as TaskResult<K> | Promise<TaskResult<K>>;
    const turn = last.then(() => runInThread(call, { timeoutMs, maxMegabytes }));
    last = turn.catch(() => {});
    return (await turn) as TaskResult<K>;
  };
}

async function runInThread(call: TaskCall, { timeoutMs, maxMegabytes }: Required<TaskThreadOptions>): Promise<unknown> {
  const thread = new Worker(THREAD_MAIN, {
    workerData: call,
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: maxMegabytes, maxYoungGenerationSizeMb: 32 },
  });
  thread.unref();
  const tooLarge = (limit: string) => tooLargeError(call, limit);
  let timer: NodeJS.Timeout | undefined;
  try {
    const end = await new Promise<TaskEnd>((resolve, reject) => {
      thread.once('message', resolve);
      thread.once('error', (error: NodeJS.ErrnoException) => {
        const isMemory = error.code === 'ERR_WORKER_OUT_OF_MEMORY';
        reject(isMemory ? tooLarge(`more than ${maxMegabytes} MB of memory`) : error);
      });
      thread.once('exit', (code) => reject(new Error(`the thread ended with code ${code}`)));
      timer = setTimeout(() => reject(tooLarge(`longer than ${timeoutMs / 1000} s`)), timeoutMs);
    });
    return valueOf(end);
  } finally {
    clearTimeout(timer);
    await thread.terminate();
  }
}

function valueOf(end: TaskEnd): unknown {
  if (end.ok) return end.value;
  if (end.archiveCode === undefined) throw new Error(end.message);
  throw new ArchiveError(end.archiveCode as ArchiveErrorCode, end.message);
}

const SUBJECTS = {
  manifest: 'its manifest',
  golden: 'its golden requests',
  modelConfig: 'its model config',
  modelNeeds: 'its model config',
  goldenMismatch: 'the answer to a golden request',
  externalData: 'its model',
  workflowManifest: 'its manifest',
  workflowSpec: 'its spec',
  plan: 'the file',
} as const satisfies Record<TaskName, string>;

function tooLargeError({ name }: TaskCall, limit: string): ArchiveError {
  return new ArchiveError('too_large', `The archive is too large: reading ${SUBJECTS[name]} takes ${limit}.`);
}
