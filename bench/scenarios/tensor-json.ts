/** A large input as text: how much is lost beside parsing it, which nobody can avoid. */
import { startLoop } from '../limits/loop.ts';
import { startPredictions } from '../prediction.ts';
import type { Bench } from '../bench.ts';
import type { Probe, Scenario } from '../scenario.ts';

const LOAD = { model: 'pool', body: 'json', connections: 8 } as const;

export const tensorJson: Scenario = {
  name: 'tensor-json',
  title: 'a tensor of 600 KB as JSON (3 MB), 8 connections',
  limit: { label: 'JSON.parse and session.run in a loop', start: startLimit },
  marserve: { label: 'marserve', start: (bench) => startPredictions(bench, LOAD) },
  goals: [{ metric: 'throughput', compare: 'ratio', atLeast: 0.7 }],
};

async function startLimit(bench: Bench): Promise<Probe> {
  const loop = await startLoop(bench, LOAD.model, 'json');
  return (seconds) => loop.measure(seconds);
}
