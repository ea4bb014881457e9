/** When a worker has served or grown enough to be replaced by a fresh one. */
import type { VersionSettings } from '../registry/version-settings.ts';

/** What a worker process has served, and holds. */
export interface WorkerUsage {
  /** Requests answered. */
  readonly served: number;
  /** Resident memory in bytes, as it last said; 0 before. */
  readonly residentBytes: number;
}

/** Why a worker should be replaced; undefined when it should not. */
export function reasonToRecycle({ served, residentBytes }: WorkerUsage, settings: RecycleLimits): string | undefined {
  const { maxRequestsPerWorker: maxServed, maxWorkerBytes: maxBytes } = settings;
  if (maxServed > 0 && served >= maxServed) {
    return `it has answered ${served} requests (max_requests_per_worker=${maxServed})`;
  }
  if (maxBytes > 0 && residentBytes > maxBytes) {
    return `it holds ${megabytes(residentBytes)} MB of memory (max_worker_memory=${megabytes(maxBytes)})`;
  }
  return undefined;
}

/** What a worker may serve and hold before it is replaced; 0 is no limit. */
export type RecycleLimits = Pick<VersionSettings, 'maxRequestsPerWorker' | 'maxWorkerBytes'>;

function megabytes(bytes: number): number {
  return Math.round(bytes / 2 ** 20);
}
