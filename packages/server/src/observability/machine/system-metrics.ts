/** Looks at processor, memory and disk of the machine at intervals. Memory and disk in TorchServe's units, which are binary. */
import { statfs } from 'node:fs/promises';
import { cpus, freemem, totalmem } from 'node:os';
import type { Logger } from '../../core/logger.ts';

/** How much of something is in use. */
export interface Usage {
  /** Megabytes of memory, gigabytes of disk. */
  readonly used: number;
  /** What is left, in the same unit. */
  readonly available: number;
  /** The used share, 0 to 100. */
  readonly percent: number;
}

/** One look at the machine. */
export interface SystemSample {
  /** Busy share of all processors since the sample before; of the first one since the machine started. */
  readonly cpuPercent: number;
  /** Of the machine, whatever its control groups allow. */
  readonly memory: Usage;
  /** Of the file system at `/`; undefined when it cannot be asked. */
  readonly disk: Usage | undefined;
}

/** How often, and who is told. */
export interface SystemMetricsOptions {
  /** Time between two looks, in milliseconds. */
  readonly intervalMs: number;
  /** Called at once and then at each interval. */
  readonly onSample: (sample: SystemSample) => void;
  /** Is told when a look fails; the next comes all the same. */
  readonly logger: Logger;
}

/** Processor time since the start of the machine, in milliseconds of one processor. */
export interface CpuTime {
  /** Anything but waiting. */
  readonly busy: number;
  /** Nothing to do. */
  readonly idle: number;
}

const MEGABYTE = 1024 ** 2;
const GIGABYTE = 1024 ** 3;

/** Does not keep the process running. */
export function startSystemMetrics({ intervalMs, onSample, logger }: SystemMetricsOptions): { stop(): void } {
  let lastCpu: CpuTime = { busy: 0, idle: 0 };
  let isStopped = false;
  const look = async () => {
    const cpu = cpuTime();
    const cpuPercent = busyPercent(lastCpu, cpu);
    lastCpu = cpu;
    const sample = { cpuPercent, memory: memoryUsage(), disk: await diskUsage() };
    if (!isStopped) onSample(sample);
  };
  const lookOrLog = () => {
    look().catch((error: unknown) => logger.warn('no system metrics this time', { error }));
  };
  lookOrLog();
  const timer = setInterval(lookOrLog, intervalMs).unref();
  return {
    stop() {
      isStopped = true;
      clearInterval(timer);
    },
  };
}

/** Share of the time between two readings that processors were busy; 0 when no time went by. */
export function busyPercent(before: CpuTime, after: CpuTime): number {
  const [busy, idle] = [after.busy - before.busy, after.idle - before.idle];
  return share(busy, busy + idle);
}

function cpuTime(): CpuTime {
  let [busy, idle] = [0, 0];
  for (const { times } of cpus()) {
    busy += times.user + times.nice + times.sys + times.irq;
    idle += times.idle;
  }
  return { busy, idle };
}

/** `freemem` is what can be had without swapping on Linux (MemAvailable), not what nobody uses. */
function memoryUsage(): Usage {
  const [total, available] = [totalmem(), freemem()];
  const used = total - available;
  return { used: used / MEGABYTE, available: available / MEGABYTE, percent: share(used, total) };
}

/** As `df` counts: what is reserved for root is neither used nor available. */
async function diskUsage(): Promise<Usage | undefined> {
  const stats = await statfs('/').catch(() => undefined);
  if (stats === undefined) return undefined;
  const [used, available] = [(stats.blocks - stats.bfree) * stats.bsize, stats.bavail * stats.bsize];
  return { used: used / GIGABYTE, available: available / GIGABYTE, percent: share(used, used + available) };
}

function share(part: number, whole: number): number {
  return whole > 0 ? Math.min(100, Math.max(0, (part / whole) * 100)) : 0;
}
