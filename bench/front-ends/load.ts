/** Load on a server with so many front ends, and what each kind of its processes computes for a request. */
import type { Bench } from '../bench.ts';
import { startDaemon, type Daemon } from '../daemon.ts';
import { send } from '../http.ts';
import { processTree, type ProcessStat } from '../peer-run/process-tree.ts';
import { loadOf } from '../prediction.ts';
import type { Sample } from '../sample.ts';

export interface FrontEndLoad {
  readonly frontEnds: number;
  /** Of all front ends together. */
  readonly connections: number;
  /** Most requests in a batch. */
  readonly batchSize: number;
}

/** Processor time in µs a request. */
export interface FrontEndSample extends Sample {
  /** Of all processes. */
  readonly processorTime: number;
  readonly main: number;
  /** Of all of them together. */
  readonly frontEnds: number;
  readonly worker: number;
  /** Mean number of requests in a batch. */
  readonly batch: number;
}

const MODEL = 'tiny';
/** A load that is larger than the queue would be refused in part. */
const SETTINGS = { job_queue_size: '1000' };
const MICROSECONDS_PER_TICK = 10_000;

/** Starts a daemon with one worker; what it resolves with measures it. */
export async function startFrontEndLoad(
  bench: Bench,
  { frontEnds, connections, batchSize }: FrontEndLoad,
): Promise<(seconds: number) => Promise<FrontEndSample>> {
  await bench.archive(MODEL);
  const daemon = await startDaemon(bench, { ...SETTINGS, frontends: String(frontEnds) });
  await daemon.register(MODEL, { batch_size: batchSize });
  const load = await loadOf(bench, daemon, { model: MODEL, body: 'json', connections });
  return async (seconds) => {
    const before = await look(daemon);
    const { requests, ...sample } = await load(seconds);
    const after = await look(daemon);
    const of = (kind: keyof Ticks) => ((after.ticks[kind] - before.ticks[kind]) * MICROSECONDS_PER_TICK) / requests;
    const times = { main: of('main'), frontEnds: of('frontEnds'), worker: of('worker') };
    const batch = (after.jobs - before.jobs) / (after.batches - before.batches);
    return { ...sample, ...times, batch, processorTime: times.main + times.frontEnds + times.worker };
  };
}

type Ticks = Readonly<Record<'main' | 'frontEnds' | 'worker', number>>;

async function look(daemon: Daemon): Promise<{ ticks: Ticks; jobs: number; batches: number }> {
  const text = await send(`${daemon.metrics}/metrics?name[]=marserve_batch_size`);
  const count = (name: string) =>
    Number(new RegExp(`^marserve_batch_size_${name}{[^}]*} (\\S+)$`, 'm').exec(text)?.[1]);
  const workers = await daemon.workerPids(MODEL);
  const sum = (those: readonly ProcessStat[]) => those.reduce((all, { ticks }) => all + ticks, 0);
  const tree = await processTree(daemon.pid);
  const isWorker = ({ pid }: ProcessStat) => workers.includes(pid);
  const isMain = ({ pid }: ProcessStat) => pid === daemon.pid;
  const ticks = {
    main: sum(tree.filter(isMain)),
    frontEnds: sum(tree.filter((each) => !isMain(each) && !isWorker(each))),
    worker: sum(tree.filter(isWorker)),
  };
  return { ticks, jobs: count('sum'), batches: count('count') };
}
