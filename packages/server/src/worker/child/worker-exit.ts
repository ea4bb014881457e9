/** How a worker's process ended. */
import type { ChildProcess } from 'node:child_process';

/** How long the last output of a process that ended is waited for: a grandchild may hold the pipes open. */
const OUTPUT_GRACE_MS = 200;

/** Resolves when a process is gone and what it said is read, with the end of a sentence that begins "Worker died: ". */
export function exitOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(`its process could not be started: ${error.message}`));
    child.once('exit', (code, signal) => {
      const end = signal === null ? `exited with code ${code}` : `was killed by ${signal}`;
      const finish = () => {
        clearTimeout(timer);
        child.stdout?.destroy();
        child.stderr?.destroy();
        resolve(`its process ${end}`);
      };
      const timer = setTimeout(finish, OUTPUT_GRACE_MS);
      child.once('close', finish);
    });
  });
}
