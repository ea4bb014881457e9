/** Whatever may take long in an explainer can be ended while it goes on. */
import { expect, it } from 'vitest';
import { findAnchor } from './anchors/find-anchor.ts';
import { clusterMeans } from './background/cluster-means.ts';
import { evenly } from './background/weighted-samples.ts';
import { ExplainedImage } from './image/explained-image.ts';
import { fitScores } from './image/lime-fit.ts';
import { segmentsOf } from './image/segments.ts';
import { SeededRandom } from './random.ts';
import type { Checkpoint } from './run.ts';
import type { Game } from './shap/game.ts';
import { kernelValues } from './shap/kernel-values.ts';
import type { FoundEnsemble } from './tree/find-ensemble.ts';
import type { TreeNode } from './tree/tree-ensemble.ts';
import { interventionalValues, pathDependentValues } from './tree/tree-values.ts';

const random = new SeededRandom(1);
const numbers = (length: number): number[] => Array.from({ length }, () => random.next());
const rows = (count: number, columns: number): number[][] => Array.from({ length: count }, () => numbers(columns));

const SIDE = 32;
const image = new ExplainedImage(
  { type: 'float32', shape: [1, 1, SIDE, SIDE], data: Float32Array.from(numbers(SIDE * SIDE)) },
  { width: SIDE, height: SIDE, channels: 1, isPlanar: true },
);

const leaf = (value: number): TreeNode => ({ kind: 'leaf', values: [value], cover: 1 });
const tree: TreeNode = {
  kind: 'branch',
  feature: 0,
  column: 0,
  threshold: 0.5,
  missingIsTrue: false,
  holds: (value, threshold) => value <= threshold,
  cover: 2,
  whenTrue: leaf(0),
  whenFalse: leaf(1),
};
const ensemble: FoundEnsemble = {
  outputNames: ['0'],
  baseValues: [0],
  trees: Array.from({ length: 50 }, () => tree),
  columnCount: 1,
  featureCount: 1,
  columnsOf: (sample) => [...sample],
  postTransform: 'NONE',
};

const game: Game = {
  players: 20,
  everything: [1],
  nothing: [0],
  worth: (coalitions) =>
    Promise.resolve(
      Array.from({ length: coalitions.length }, (_, index) => [
        (coalitions.at(index) ?? []).filter(Boolean).length / 20,
      ]),
    ),
};

const LOOPS: Readonly<Record<string, (checkpoint: Checkpoint) => Promise<unknown>>> = {
  superpixels: (checkpoint) => segmentsOf(image, { kind: 'slic', count: 50 }, checkpoint),
  'the linear model of lime_image': (checkpoint) =>
    fitScores(rows(60, 8), rows(60, 1), { kernelWidth: 0.25, checkpoint }),
  'k-means': (checkpoint) => clusterMeans(rows(60, 3), { clusters: 5, seed: 0 }, checkpoint),
  'the coalitions and the fit of kernel_shap': (checkpoint) => kernelValues(game, { samples: 500, random, checkpoint }),
  'tree_shap, interventional': (checkpoint) =>
    interventionalValues(ensemble, { sample: [0], background: evenly(rows(20, 1)) }, checkpoint),
  'tree_shap, path-dependent': (checkpoint) => pathDependentValues(ensemble, [0], checkpoint),
  'the candidates of anchors': (checkpoint) => {
    const coverage = async () => {
      await checkpoint();
      return 0.5;
    };
    const problem = { predicates: 50, coverage, draw: () => Promise.resolve(50) };
    return findAnchor(problem, { threshold: 0.95, delta: 0.1, tau: 0.15, beamSize: 1, batchSize: 100, inFlight: 2 });
  },
};

it.each(Object.keys(LOOPS))('%s', async (name) => {
  let calls = 0;
  const counting = () => {
    calls += 1;
    return Promise.resolve();
  };
  await LOOPS[name]?.(counting);
  expect(calls).toBeGreaterThan(20);
  // Wherever it is when the client goes.
  const gone = new Error('nobody waits');
  for (const last of [1, Math.ceil(calls / 2)]) {
    let left = last;
    const ended = LOOPS[name]?.(() => ((left -= 1) < 1 ? Promise.reject(gone) : Promise.resolve()));
    await expect(ended).rejects.toBe(gone);
  }
});
