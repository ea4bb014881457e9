/** What those who ask for predictions notice of a large archive that is registered meanwhile. */
import { execFile } from 'node:child_process';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { Bench } from '../bench.ts';
import { serve, type Daemon } from '../daemon.ts';
import { takeLoopDelay } from '../event-loop.ts';
import { send } from '../http.ts';
import { watchMemory } from '../memory.ts';
import { writeWeights } from '../models/weights-file.ts';
import { ROOT } from '../paths.ts';
import { loadOf, type Load } from '../prediction.ts';
import type { Sample } from '../sample.ts';
import type { Probe, Scenario } from '../scenario.ts';

const LOAD = { model: 'tiny', body: 'json', connections: 32 } as const;

export const registration: Scenario = {
  name: 'registration',
  title: 'an archive of 1 GB (--quick: 64 MB) is registered while 32 connections ask for predictions',
  limit: { label: 'the same without registering', start: startSide },
  marserve: { label: 'marserve', start: startRegistering },
  goals: [
    { metric: 'p99', compare: 'ratio', atMost: 2 },
    { metric: 'growth', compare: 'value', atMost: 50 },
    { metric: 'loopDelay', compare: 'value', atMost: 50 },
  ],
  maxPairs: 3,
  extraSeconds: { full: 160, quick: 20 },
};

/** Of the load while nothing is registered, in seconds of a measurement. */
const STRETCH = 2;
/** The load begins first, and ends with the registration, at the latest after this time. */
const LEAD_MS = 200;
const LONGEST_SECONDS = 60;

/** Of the load alone. */
export async function startSide(bench: Bench): Promise<Probe> {
  const { daemon, load } = await startServer(bench);
  return (seconds) => watch(daemon, () => load(seconds * STRETCH));
}

async function startRegistering(bench: Bench): Promise<Probe> {
  await bench.once('archive big', () => addBigArchive(bench));
  const { daemon, load } = await startServer(bench);
  return async () => {
    const sample = await watch(daemon, async () => {
      const registered = sleep(LEAD_MS).then(() => measureRegistration(daemon));
      const [latency, time] = await Promise.all([load(LONGEST_SECONDS, registered), registered]);
      return { ...latency, time };
    });
    await send(`${daemon.management}/models/big`, { method: 'DELETE' });
    return sample;
  };
}

/** A server that is asked for predictions. */
export async function startServer(bench: Bench): Promise<{ daemon: Daemon; load: Load }> {
  const daemon = await serve(bench, LOAD.model, { batch_size: 32 });
  return { daemon, load: await loadOf(bench, daemon, LOAD) };
}

/** Milliseconds. */
async function measureRegistration(daemon: Daemon): Promise<number> {
  const start = performance.now();
  await daemon.register('big');
  return performance.now() - start;
}

/** What the daemon's memory and its event loop are like while something is done. */
export async function watch(daemon: Daemon, action: () => Promise<Sample>): Promise<Sample> {
  await takeLoopDelay(daemon);
  const memory = await watchMemory(daemon.pid);
  const sample = await action();
  return { ...sample, growth: memory.growth(), loopDelay: await takeLoopDelay(daemon) };
}

/** By the archiver's command, as anybody makes it; a small one in the quick form. */
async function addBigArchive(bench: Bench): Promise<void> {
  const weights = path.join(await bench.folder(), 'weights.bin');
  await writeWeights(weights, bench.timing.isQuick ? 64 : 1024);
  const cli = path.join(ROOT, 'packages/archiver/bin/model-archiver.js');
  const model = await bench.modelFile('tiny');
  const options = `--model-name big --version 1.0 --handler base_handler --serialized-file ${model} --extra-files ${weights} --export-path ${bench.store}`;
  await promisify(execFile)(process.execPath, [cli, ...options.split(' ')]);
  await rm(weights);
}
