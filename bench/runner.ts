/** Runs a scenario: limit and marserve in turn, so that what slows the machine down slows down both. */
import type { BenchRun } from './bench.ts';
import { evaluate, type ScenarioResult } from './result.ts';
import type { Sample } from './sample.ts';
import type { Probe, Scenario } from './scenario.ts';
import { pairsOf, warmUpOf } from './timing.ts';

export interface Checkouts {
  readonly limit: string;
  readonly marserve: string;
}

export interface RunOptions {
  readonly run: BenchRun;
  readonly checkouts: Checkouts;
  /** Hears what is being done. */
  readonly onStep: (step: string) => void;
}

export async function runScenario(scenario: Scenario, { run, checkouts, onStep }: RunOptions): Promise<ScenarioResult> {
  const [limit, marserve] = [run.open(checkouts.limit), run.open(checkouts.marserve)];
  try {
    onStep('starting');
    const probes = { limit: await scenario.limit.start(limit), marserve: await scenario.marserve.start(marserve) };
    const { timing } = limit;
    const turns = { pairs: pairsOf(scenario, timing), seconds: timing.seconds, warmUp: warmUpOf(scenario, timing) };
    return evaluate(scenario, await alternate(probes, { ...turns, onStep }));
  } finally {
    await Promise.all([limit.close(), marserve.close()]);
  }
}

interface Turns {
  readonly pairs: number;
  /** Of each measurement. */
  readonly seconds: number;
  /** Of each of the two, before the first. */
  readonly warmUp: number;
  readonly onStep: RunOptions['onStep'];
}

async function alternate(
  probes: { readonly limit: Probe; readonly marserve: Probe },
  { pairs, seconds, warmUp, onStep }: Turns,
): Promise<{ limit: Sample[]; marserve: Sample[] }> {
  const samples = { limit: [] as Sample[], marserve: [] as Sample[] };
  onStep('warming up');
  await probes.limit(warmUp);
  await probes.marserve(warmUp);
  for (let pair = 1; pair <= pairs; pair += 1) {
    for (const side of ['limit', 'marserve'] as const) {
      onStep(`${side} ${pair} of ${pairs}`);
      samples[side].push(await probes[side](seconds));
    }
  }
  return samples;
}
