/** What those who ask for predictions notice of archives that are made to keep the server busy. */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { hostileArchives } from '../../test/fixtures/hostile-archives.ts';
import type { Bench } from '../bench.ts';
import type { Daemon } from '../daemon.ts';
import { send } from '../http.ts';
import type { Probe, Scenario } from '../scenario.ts';
import { startServer, startSide, watch } from './registration.ts';

export const registrationHostile: Scenario = {
  name: 'registration-hostile',
  title: 'archives with hostile YAML, manifests, golden requests and lists of entries are registered meanwhile',
  limit: { label: 'the same without registering', start: startSide },
  marserve: { label: 'marserve', start: startRegistering },
  goals: [
    { metric: 'p99', compare: 'ratio', atMost: 2 },
    { metric: 'loopDelay', compare: 'value', atMost: 50 },
  ],
  maxPairs: 3,
  extraSeconds: { full: 160, quick: 40 },
};

/** Length of the texts in them: about the longest that is read. */
const TEXT_BYTES = 1_000_000;
const QUICK_TEXT_BYTES = 100_000;
/** The quick form takes one of so many. */
const QUICK_EVERY = 5;
const LONGEST_SECONDS = 120;

async function startRegistering(bench: Bench): Promise<Probe> {
  const names = await bench.once('hostile archives', () => writeArchives(bench));
  const { daemon, load } = await startServer(bench);
  return () =>
    watch(daemon, async () => {
      const registered = registerAll(daemon, names);
      const [latency, time] = await Promise.all([load(LONGEST_SECONDS, registered), registered]);
      return { ...latency, time };
    });
}

/** @returns the names of the files in the model store */
async function writeArchives({ store, timing }: Bench): Promise<string[]> {
  const names: string[] = [];
  let index = 0;
  for (const { bytes } of hostileArchives(timing.isQuick ? QUICK_TEXT_BYTES : TEXT_BYTES)) {
    index += 1;
    if (timing.isQuick && index % QUICK_EVERY !== 0) continue;
    names.push(`hostile-${index}.mar`);
    await writeFile(path.join(store, `hostile-${index}.mar`), bytes);
  }
  return names;
}

/** One after the other, each as the same model. @returns milliseconds */
async function registerAll({ management }: Daemon, names: readonly string[]): Promise<number> {
  const start = performance.now();
  for (const name of names) {
    const { ok } = await fetch(`${management}/models?url=${name}&model_name=hostile`, { method: 'POST' });
    if (ok) await send(`${management}/models/hostile`, { method: 'DELETE' });
  }
  return performance.now() - start;
}
