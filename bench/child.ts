/** A Node process of the benchmark that answers requests one after the other. */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { program } from './paths.ts';

export interface Child {
  readonly pid: number;
  /** Rejects when the process ends. */
  readonly ended: Promise<never>;
  /** Sends a message and resolves with the answer. @throws Error when the process ends instead */
  ask<T>(message: object): Promise<T>;
  /** Ends the process. */
  close(): Promise<void>;
}

/** What a child sends for an error. */
export interface ChildFailure {
  readonly error: string;
}

/** Starts a compiled program of `bench/`. */
export function startChild(name: string, args: readonly string[] = []): Child {
  // Without the variable ONNX Runtime ≥ 1.29 writes telemetry files.
  const child = fork(program(name), args, { env: { ...process.env, ORT_DISABLE_TELEMETRY: '1' } });
  const ended = once(child, 'exit').then(([code]) => Promise.reject(new Error(`${name} ended with exit code ${code}`)));
  ended.catch(() => {});
  return {
    pid: child.pid ?? 0,
    ended,
    ask: (message) => ask(child, message, name),
    async close() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exit = once(child, 'exit');
      child.kill('SIGKILL');
      await exit;
    },
  };
}

/** In the child: answers each message with what `handle` returns for it. */
export function answerWith(handle: (message: unknown) => Promise<object>): void {
  process.on('message', (message) => {
    handle(message).then(
      (reply) => process.send?.(reply),
      (error: unknown) => process.send?.({ error: String(error) } satisfies ChildFailure),
    );
  });
  process.on('disconnect', () => process.exit());
}

function ask<T>(child: ChildProcess, message: object, name: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const onExit = (code: number | null) => reject(new Error(`${name} ended with exit code ${code}`));
    child.once('exit', onExit);
    child.once('message', (reply) => {
      child.off('exit', onExit);
      const { error } = reply as Partial<ChildFailure>;
      if (error === undefined) resolve(reply as T);
      else reject(new Error(`${name}: ${error}`));
    });
    child.send(message);
  });
}
