/** The thread: does one task, says what came of it, and ends. */
import { setPriority } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import { ArchiveError } from '@marserve/archiver/format';
import { callTask, type TaskCall, type TaskEnd } from './tasks.ts';

/** A third of the time that others get where there are not enough cores. */
const NICE = 5;

async function endOf(call: TaskCall): Promise<TaskEnd> {
  try {
    return { ok: true, value: await callTask(call) };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { ok: false, message, ...(error instanceof ArchiveError && { archiveCode: error.code }) };
  }
}

// On Linux that is the thread's own: what it reads waits for requests rather than they for it.
setPriority(NICE);
void endOf(workerData as TaskCall).then((end) => parentPort?.postMessage(end, []));
