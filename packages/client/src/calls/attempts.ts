/** A request, from host to host, until one answers. */
import { ClientError } from '../client-error.ts';
import type { CallOptions, ResponseHead } from '../client-options.ts';
import type { Host } from '../hosts/host.ts';
import type { HostPool } from '../hosts/host-pool.ts';
import { backoffMs } from './backoff.ts';
import type { Deadline } from './deadline.ts';

/** Within what a request is tried. */
export interface AttemptLimits {
  /** Of the whole call. */
  readonly deadline: Deadline;
  /** How often it is sent again when no host is left that was not tried. */
  readonly retries: number;
  /** The only one that is asked; undefined for all. */
  readonly host?: Host | undefined;
}

/** @throws ClientError when the call does not want the answer */
export function assertWanted(head: ResponseHead, { refuse }: CallOptions): void {
  const reason = refuse?.(head);
  if (reason === undefined) return;
  const { host, headers } = head;
  throw new ClientError(`${host}: ${reason}`, { kind: 'refused', host, headers, isRetryable: true });
}

/**
 * Hosts that do not connect are left out, others are tried at once, then all once more after a pause.
 * @param run one attempt @throws ClientError the last one
 */
export async function tryHosts<T>(pool: HostPool, limits: AttemptLimits, run: (host: Host) => Promise<T>): Promise<T> {
  const tried = new Set<Host>();
  let retry = 0;
  for (;;) {
    const host = limits.host ?? (await pool.next(tried));
    const result = await attempt(pool, host, run);
    if (!(result instanceof ClientError)) return result;
    tried.add(host);
    if (!result.isRetryable || limits.deadline.isOver) throw limits.deadline.reason(host.url) ?? result;
    if (limits.host === undefined && (await pool.hasOthers(tried))) continue;
    // What a host is does not change in a moment.
    if (result.kind === 'refused') throw result;
    const pauseMs = backoffMs(retry, Math.random());
    if (retry >= limits.retries || pauseMs >= limits.deadline.remainingMs) throw result;
    await pause(pauseMs, limits.deadline, host);
    retry += 1;
    tried.clear();
  }
}

/** An error is returned, any other than a client's thrown. */
async function attempt<T>(pool: HostPool, host: Host, run: (host: Host) => Promise<T>): Promise<T | ClientError> {
  try {
    const result = await run(host);
    pool.worked(host);
    return result;
  } catch (error) {
    if (!(error instanceof ClientError)) throw error;
    if (error.kind === 'connection' || error.kind === 'refused') pool.failed(host);
    else if (error.kind === 'status' || error.kind === 'answer') pool.worked(host);
    return error;
  }
}

async function pause(ms: number, deadline: Deadline, host: Host): Promise<void> {
  await new Promise<void>((resolve) => {
    const end = () => {
      clearTimeout(timer);
      stop();
      resolve();
    };
    const timer = setTimeout(end, ms);
    const stop = deadline.whenOver(end);
  });
  const reason = deadline.reason(host.url);
  if (reason !== undefined) throw reason;
}
