/** `kernel_shap` and `permutation_shap`: Shapley values of any model of tables, from its answers alone. */
import type { ModelContext } from '../../handler.ts';
import { configError, integer, type ConfigReaders } from '../../model-config.ts';
import { readBackground } from '../background/read-background.ts';
import type { Cell, WeightedSamples } from '../background/weighted-samples.ts';
import {
  backgroundReaders,
  readExplainerSection,
  tableReaders,
  type BackgroundOptions,
  type TableOptions,
} from '../explainer-options.ts';
import { askingOf, askingReaders, type Asking, type AskingOptions } from '../asking.ts';
import { contextOfNobody } from '../context-of-nobody.ts';
import type { OpenExplainer } from '../explainer.ts';
import { SeededRandom } from '../random.ts';
import { ExplainRun, type Checkpoint } from '../run.ts';
import { featureNames, knownNames } from '../table/feature-names.ts';
import { openTable } from '../table/open-table.ts';
import type { Table } from '../table/table.ts';
import { finite, tableExplainer, type TableMethod } from '../table/table-explainer.ts';
import { featureGame, type FeatureGame } from './game.ts';
import { meanScores, type ScoreParts } from './mean-scores.ts';
import { kernelValues } from './kernel-values.ts';
import { permutationValues } from './permutation-values.ts';
import { selectOutputs, type ShapExplanation } from './shap-explanation.ts';

/** What both have. */
type SampledOptions = TableOptions & BackgroundOptions & AskingOptions;

/** The section `explainer` of `kernel_shap`. */
export interface KernelShapOptions extends SampledOptions {
  /** Most coalitions of features that are tried. Default 2 × features + 2048; there are 2^features. */
  readonly samples: number;
}

/** The section `explainer` of `permutation_shap`. */
export interface PermutationShapOptions extends SampledOptions {
  /** How many orders of the features are tried, each forward and backward. Default 10. */
  readonly permutations: number;
}

/** From answers for coalitions, which a least-squares fit weighs. */
export const openKernelShap: OpenExplainer = (handler, context) => {
  const options = readExplainerSection<KernelShapOptions>(context, { ...SAMPLED_READERS, samples: integer(2) });
  return openSampled(options, { handler, context }, (features) => {
    const { samples = 2 * features + 2048 } = options;
    checkSize(samples, features);
    return {
      parameters: { samples },
      coalitions: Math.min(samples, 2 ** features - 2),
      valuesOf: (game, random, checkpoint) => kernelValues(game, { samples, random, checkpoint }),
    };
  });
};

/** From answers for features that become known one by one. */
export const openPermutationShap: OpenExplainer = (handler, context) => {
  const readers = { ...SAMPLED_READERS, permutations: integer(1) };
  const options = readExplainerSection<PermutationShapOptions>(context, readers);
  const { permutations = 10 } = options;
  return openSampled(options, { handler, context }, (features) => ({
    parameters: { permutations },
    coalitions: 2 * permutations * (features - 1),
    valuesOf: (game, random) => permutationValues(game, { permutations, random }),
  }));
};

/** Of the coalitions and of the fit: some hundred megabytes. */
const MOST_ELEMENTS = 32 * 2 ** 20;
const MOST_FEATURES = 2048;

function checkSize(samples: number, features: number): void {
  if (features > MOST_FEATURES) {
    throw new Error(
      `kernel_shap: expected at most ${MOST_FEATURES} features, got ${features}: permutation_shap explains models of more`,
    );
  }
  const most = Math.floor(MOST_ELEMENTS / features);
  if (Math.min(samples, 2 ** features) > most)
    throw configError('explainer.samples', `at most ${most}, with ${features} features`, samples);
}

const SAMPLED_READERS: ConfigReaders<SampledOptions> = {
  ...tableReaders,
  ...backgroundReaders,
  ...askingReaders,
};

interface Estimate {
  /** For the answer. */
  readonly parameters: Readonly<Record<string, unknown>>;
  /** How many there will be, for the progress. */
  readonly coalitions: number;
  /** [output][player] */
  valuesOf(game: FeatureGame, random: SeededRandom, checkpoint: Checkpoint): Promise<number[][]>;
}

interface Subject {
  readonly handler: Parameters<OpenExplainer>[0];
  readonly context: ModelContext;
}

async function openSampled(
  options: Partial<SampledOptions> & Readonly<Record<string, unknown>>,
  { handler, context }: Subject,
  estimate: (features: number) => Estimate,
) {
  const { method: name = '', background: file, clusters, seed = 0, features } = options;
  if (file === undefined) throw configError('explainer.background', `a file of samples, for ${name}`, file);
  const table = openTable(handler, context, options);
  const found = await readBackground(context, {
    file,
    clusters,
    seed,
    featureCount: table.featureCount,
    features: knownNames(context, { config: features, model: table.featureNames }),
  });
  const { background } = found;
  const featureCount = background.samples[0]?.length ?? 0;
  const known = { config: features, background: found.names, model: table.featureNames };
  const asking = askingOf(options, table.isRemote, batchSizeOf(table, featureCount));
  const parts = {
    name,
    names: featureNames(context, known, featureCount),
    background,
    asking,
    estimate: estimate(featureCount),
    // A predictor may come later than what explains it, and another one may take its place.
    baseValues: table.isRemote
      ? undefined
      : await baseValuesAtLoad({ table, background, asking }, { name, file, context }),
  };
  return tableExplainer({ handler, table, method: sampledMethod(parts, options) });
}

/** Samples that go to the model at once. */
const BATCH_SIZE = 512;
const REMOTE_BATCH_SIZE = 128;
const MOST_CELLS = 2 ** 20;

/** Fewer where there are very many features. */
function batchSizeOf({ isRemote }: Table, features: number): number {
  const most = Math.max(1, Math.floor(MOST_CELLS / features));
  return Math.min(most, isRemote ? REMOTE_BATCH_SIZE : BATCH_SIZE);
}

/** What the model gives when nothing is known of a sample. */
async function baseValuesOf(parts: ScoreParts, run: ExplainRun): Promise<readonly number[]> {
  const mixed = (_: number, other: readonly Cell[]) => other;
  const [values = []] = await meanScores(parts, { groups: 1, mixed, onDone: () => run.pause() }, run.context);
  finite({ names: values.map((_, output) => String(output)), values: [values] });
  return values;
}

/** Also shows that the model takes the samples, and that its answers are numbers. */
async function baseValuesAtLoad(
  parts: ScoreParts,
  { name, file, context }: { readonly name: string; readonly file: string; readonly context: ModelContext },
): Promise<readonly number[]> {
  try {
    return await baseValuesOf(parts, new ExplainRun(contextOfNobody(context), `${name}: asking about ${file}`));
  } catch (error) {
    throw new Error(`explainer: the model did not answer for the samples of ${file}: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

interface SampledParts {
  readonly name: string;
  readonly names: readonly string[];
  readonly background: WeightedSamples;
  readonly asking: Asking;
  /** Undefined where they are asked for with each explanation. */
  readonly baseValues: readonly number[] | undefined;
  readonly estimate: Estimate;
}

function sampledMethod(parts: SampledParts, options: Partial<SampledOptions>): TableMethod {
  const { name, names, background, asking, estimate } = parts;
  const { seed = 0, classes = 'all', background: file, clusters } = options;
  return {
    name,
    featureCount: names.length,
    async explain(sample, run, table) {
      const { coalitions } = estimate;
      const asked = { table, background, asking };
      const baseValues = parts.baseValues ?? (await baseValuesOf(asked, run));
      const game = await featureGame(sample, { ...asked, baseValues, coalitions }, run);
      const found = await estimate.valuesOf(game, new SeededRandom(seed), run.checkpoint);
      const explanation: ShapExplanation = {
        method: name,
        parameters: { ...estimate.parameters, background: file, clusters },
        seed,
        feature_names: names,
        data: sample,
        output_names: game.outputNames,
        outputs: game.everything,
        base_values: baseValues,
        values: found.map((ofPlayers) => {
          const values = names.map(() => 0);
          game.features.forEach((feature, player) => (values[feature] = ofPlayers[player] ?? 0));
          return values;
        }),
      };
      return selectOutputs(explanation, classes);
    },
  };
}
