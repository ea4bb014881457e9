/** Where workers get their processes: each its own, started when it is asked for, or before. */
import { once } from 'node:events';
import { spawnWorker, type SpawnedWorker, type SpawnOptions } from '../child/spawn-worker.ts';
import { SharedMemory } from './shared-memory.ts';

/** A process that has no model yet. */
export interface StartedProcess extends SpawnedWorker {
  /** What is shared with it; whoever takes the process closes it. */
  readonly memory: SharedMemory | undefined;
}

/** The same for all processes. */
export type ProcessOptions = Omit<SpawnOptions, 'memoryFd'>;

/** Starts processes, which are the same for every model: so the first of them need not wait for theirs. */
export class ProcessSource {
  readonly #options: ProcessOptions;
  #spares: StartedProcess[] = [];

  constructor(options: ProcessOptions) {
    this.#options = options;
  }

  /** Starts so many ahead, as far as that can be. */
  prepare(count: number): void {
    try {
      while (this.#spares.length < count) this.#spares.push(this.#start());
    } catch {
      // Whoever needs one is told why there is none.
    }
  }

  /** One that was started ahead and lives, or else a new one. @throws Error when this process cannot open more files */
  take(): StartedProcess {
    for (let spare = this.#spares.shift(); spare !== undefined; spare = this.#spares.shift()) {
      if (isAlive(spare)) return spare;
      spare.memory?.close();
    }
    return this.#start();
  }

  /** Ends those that nobody has taken; resolves when they are gone. */
  async close(): Promise<void> {
    const spares = this.#spares;
    this.#spares = [];
    await Promise.all(spares.map(end));
  }

  #start(): StartedProcess {
    const memory = SharedMemory.open();
    try {
      return { ...spawnWorker({ ...this.#options, memoryFd: memory?.fd }), memory };
    } catch (error) {
      memory?.close();
      throw error;
    }
  }
}

function isAlive({ child }: StartedProcess): boolean {
  return child.pid !== undefined && child.exitCode === null && child.signalCode === null;
}

async function end(spare: StartedProcess): Promise<void> {
  const { child, memory } = spare;
  memory?.close();
  if (!isAlive(spare)) return;
  const exit = once(child, 'exit');
  child.kill('SIGKILL');
  await exit;
}
