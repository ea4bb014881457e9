/** Load of gRPC from h2load (nghttp2): a closed loop over so many streams, from one thread. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Sample } from './sample.ts';

export interface GrpcLoadOptions {
  readonly url: string;
  /** Path of the file with the message, framed. */
  readonly body: string;
  readonly connections: number;
  /** On each connection. */
  readonly streams: number;
  readonly seconds: number;
}

const GRACE_MS = 15_000;

/** @throws Error when h2load is missing, or a request failed; what gRPC itself says of it is not seen here */
export async function runGrpcLoad({ url, body, connections, streams, seconds }: GrpcLoadOptions): Promise<Sample> {
  const load = ['-t1', `-c${connections}`, `-m${streams}`, `-D${Math.ceil(seconds)}`, '-d', body];
  const headers = ['-H', 'content-type: application/grpc', '-H', 'te: trailers'];
  const options = { timeout: seconds * 1000 + GRACE_MS, killSignal: 'SIGKILL' } as const;
  const { stdout } = await promisify(execFile)('h2load', [...load, ...headers, url], options).catch(explain);
  return readGrpcLoad(stdout);
}

/** What h2load printed. @throws Error when it is something else, or a request failed */
export function readGrpcLoad(output: string): Sample {
  const throughput = Number(/finished in .*, ([\d.]+) req\/s/.exec(output)?.[1]);
  const [, done, failed, errored, timedOut] =
    /, (\d+) done, \d+ succeeded, (\d+) failed, (\d+) errored, (\d+) timeout/.exec(output) ?? [];
  if (!(throughput > 0)) throw new Error(`h2load printed no result:\n${output}`);
  if ([failed, errored, timedOut].some((count) => count !== '0')) {
    throw new Error(`of ${done} requests some failed (${failed}, ${errored} errors, ${timedOut} timeouts)`);
  }
  return { throughput };
}

function explain(error: NodeJS.ErrnoException): never {
  if (error.code !== 'ENOENT') throw error;
  throw new Error('h2load is not installed; on Debian: sudo apt-get install nghttp2-client', { cause: error });
}
