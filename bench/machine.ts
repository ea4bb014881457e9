/** What the numbers were measured with. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import os from 'node:os';
import { promisify } from 'node:util';
import { measureBusyShare } from './busy.ts';
import { ROOT } from './paths.ts';

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  /** GiB. */
  readonly memory: number;
  readonly os: string;
  readonly node: string;
  readonly onnxruntime: string;
  /** Of git; `-dirty` when the checkout has changes, `unknown` where there is no git. */
  readonly revision: string;
  /** Share of the cores, 0 to 1, that was busy before the benchmark began. */
  readonly busyShare: number;
  /** Share of the cores, 0 to 1, that the hypervisor gave to others during the benchmark; there when it has ended. */
  readonly stolenShare?: number;
  /** ISO 8601. */
  readonly date: string;
}

export async function describeMachine(): Promise<Machine> {
  const [cpu] = os.cpus();
  return {
    cpu: cpu?.model.trim() ?? 'unknown',
    cores: os.availableParallelism(),
    memory: Math.round(os.totalmem() / 2 ** 30),
    os: `${os.type()} ${os.release()}`,
    node: process.version,
    onnxruntime: await onnxRuntimeVersion(),
    revision: await git('describe', '--always', '--dirty', '--abbrev=7', '--exclude=*').catch(() => 'unknown'),
    busyShare: await measureBusyShare(),
    date: new Date().toISOString(),
  };
}

/** The version of the installed onnxruntime-node. */
export async function onnxRuntimeVersion(): Promise<string> {
  const manifest = createRequire(import.meta.url).resolve('onnxruntime-node/package.json');
  const { version } = JSON.parse(await readFile(manifest, 'utf8')) as { version: string };
  return version;
}

/** What git says, in the repository. @throws Error with its message */
export async function git(...args: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)('git', ['-C', ROOT, ...args]);
  return stdout.trim();
}
