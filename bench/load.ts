/** Load from wrk, bounded in time: a closed loop over so many connections, from one thread. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { inBench } from './paths.ts';
import type { Sample } from './sample.ts';

/** What every request carries. */
export interface LoadBody {
  /** Path of the file that holds it. */
  readonly body: string;
  readonly contentType: string;
  /** Further headers. */
  readonly headers?: Readonly<Record<string, string>>;
}

export interface LoadOptions extends LoadBody {
  readonly url: string;
  readonly connections: number;
  /** Whole seconds are what wrk takes: rounded up. */
  readonly seconds: number;
  /** Ends the load before its time. */
  readonly until?: Promise<unknown>;
}

/** What came of a load. */
export interface LoadSample extends Sample {
  /** How many were answered. */
  readonly requests: number;
}

const GRACE_MS = 15_000;

/** @throws Error when wrk is missing, or a request failed: a benchmark of errors is worth nothing */
export async function runLoad({ url, seconds, until, ...load }: LoadOptions): Promise<LoadSample> {
  const duration = Math.ceil(seconds);
  const args = ['-t1', `-c${load.connections}`, `-d${duration}s`, '--timeout', '10s', '-s', inBench('load.lua'), url];
  const options = { timeout: duration * 1000 + GRACE_MS, killSignal: 'SIGKILL' } as const;
  const headers = Object.entries(load.headers ?? {}).flat();
  const running = promisify(execFile)('wrk', [...args, '--', load.body, load.contentType, ...headers], options);
  // It reports what it has when it is interrupted.
  const interrupt = () => running.child.kill('SIGINT');
  until?.then(interrupt, interrupt);
  const { stdout } = await running.catch(explain);
  return readLoad(stdout);
}

interface LoadReport {
  readonly requests: number;
  readonly microseconds: number;
  readonly failed: Readonly<Record<string, number>>;
  /** Microseconds. */
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
}

/** What wrk printed, with `load.lua`. @throws Error when it is something else, or a request failed */
export function readLoad(output: string): LoadSample {
  const line = output.split('\n').findLast((each) => each.startsWith('{"requests"'));
  if (line === undefined) throw new Error(`wrk printed no result:\n${output}`);
  const { requests, microseconds, failed, p50, p90, p99 } = JSON.parse(line) as LoadReport;
  const failures = Object.entries(failed).filter(([, count]) => count > 0);
  if (failures.length > 0) {
    const list = failures.map(([kind, count]) => `${count} × ${kind}`).join(', ');
    throw new Error(`of ${requests} requests some failed (${list}); what is measured must work`);
  }
  if (requests === 0) throw new Error('wrk got no answer at all');
  return { requests, throughput: (requests * 1e6) / microseconds, p50: p50 / 1000, p90: p90 / 1000, p99: p99 / 1000 };
}

function explain(error: NodeJS.ErrnoException): never {
  if (error.code !== 'ENOENT') throw error;
  throw new Error('wrk is not installed; on Debian: sudo apt-get install wrk', { cause: error });
}
