/** How many cores and how much memory this process may use: not those of the machine when a container has fewer. */
import { availableParallelism, cpus, totalmem } from 'node:os';
import { readCgroupLimits, type CgroupLimits } from './cgroup.ts';

/** Whole cores, at least 1: those that the process may run on (cpuset), or fewer by the quota of its cgroup, rounded up. */
export function availableCores({ processors = Infinity }: CgroupLimits = readCgroupLimits()): number {
  return Math.max(1, Math.min(availableParallelism(), Math.ceil(processors)));
}

/** The most memory that the process and its children may ever hold: that of the machine, or the limit of the cgroup. */
export function availableMemoryBytes({ memoryBytes = Infinity }: CgroupLimits = readCgroupLimits()): number {
  return Math.min(totalmem(), memoryBytes);
}

/**
 * How many threads a library that computes should start, where it would start one for each core of the machine and that
 * are too many.
 * @returns undefined when the process may use all cores
 */
export function threadLimit(limits: CgroupLimits = readCgroupLimits()): number | undefined {
  const cores = availableCores(limits);
  return cores < cpus().length ? cores : undefined;
}

/** What this process may use. */
export interface Resources {
  /** See `availableCores`. */
  readonly cores: number;
  /** See `availableMemoryBytes`. */
  readonly memoryBytes: number;
  /** See `threadLimit`. */
  readonly threads: number | undefined;
}

/** All of it, for which the groups are looked at once: that takes some milliseconds. */
export function availableResources(limits: CgroupLimits = readCgroupLimits()): Resources {
  return {
    cores: availableCores(limits),
    memoryBytes: availableMemoryBytes(limits),
    threads: threadLimit(limits),
  };
}
