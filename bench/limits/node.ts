/** The limit of a process: Node with nothing to do. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Bench } from '../bench.ts';
import { settledMemory } from '../memory.ts';
import { ROOT } from '../paths.ts';
import type { Sample } from '../sample.ts';

/** From the start to the end of `node -e 0`. */
export async function measureNodeStart(): Promise<Sample> {
  const start = performance.now();
  const child = spawn(process.execPath, ['-e', '0'], { stdio: 'ignore' });
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) throw new Error(`node -e 0 ended with exit code ${code}`);
  return { time: performance.now() - start };
}

/** Node that waits. */
export const IDLE = `setInterval(() => {}, 1e9); console.log('ready');`;

/** Node with a session that has run once; the program's arguments are the model's file and the size of its input. */
export const SESSION = `
const { InferenceSession, Tensor } = require('onnxruntime-node');
const [file, size] = process.argv.slice(1);
InferenceSession.create(file, { intraOpNumThreads: 1 }).then(async (session) => {
  await session.run({ x: new Tensor('float32', new Float32Array(size), [1, Number(size)]) });
  setInterval(() => session, 1e9);
  console.log('ready');
});`;

/** The memory of a program that says `ready` and waits. */
export async function measureNodeMemory(bench: Bench, script: string, args: readonly string[] = []): Promise<Sample> {
  const { pid, end } = await startNode(bench, script, args);
  const memory = await settledMemory(pid);
  await end();
  return { memory };
}

export interface RunningNode {
  readonly pid: number;
  readonly end: () => Promise<void>;
}

/** Starts a program; resolves when it says `ready`. @throws Error when it ends before */
export async function startNode(bench: Bench, script: string, args: readonly string[]): Promise<RunningNode> {
  const env = { ...process.env, ORT_DISABLE_TELEMETRY: '1' };
  const child = spawn(process.execPath, ['-e', script, '--', ...args], {
    cwd: ROOT,
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exit = once(child, 'exit');
  const end = async () => {
    child.kill('SIGKILL');
    await exit;
  };
  bench.defer(end);
  const ended = exit.then(() => Promise.reject(new Error('node ended before it was ready')));
  ended.catch(() => {});
  await Promise.race([once(child.stdout, 'data'), ended]);
  return { pid: child.pid ?? 0, end };
}
