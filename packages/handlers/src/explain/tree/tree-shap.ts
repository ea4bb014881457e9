/** `tree_shap`: exact Shapley values of a model that is a tree ensemble, read from its graph. */
import { join } from 'node:path';
import type { ModelContext } from '../../handler.ts';
import { configError, oneOf } from '../../model-config.ts';
import { readBackground } from '../background/read-background.ts';
import type { Cell, WeightedSamples } from '../background/weighted-samples.ts';
import {
  backgroundReaders,
  readExplainerSection,
  tableReaders,
  type BackgroundOptions,
  type TableOptions,
} from '../explainer-options.ts';
import type { OpenExplainer } from '../explainer.ts';
import { selectOutputs, type ShapExplanation } from '../shap/shap-explanation.ts';
import type { Checkpoint } from '../run.ts';
import { isStaged } from '../staged-handler.ts';
import { featureNames, knownNames } from '../table/feature-names.ts';
import { stagedTable } from '../table/staged-table.ts';
import type { Table, TableScores } from '../table/table.ts';
import { tableExplainer, type TableMethod } from '../table/table-explainer.ts';
import { hasCovers, withCovers } from './covers.ts';
import { findTreeEnsemble, type FoundEnsemble } from './find-ensemble.ts';
import { interventionalValues, pathDependentValues, treeOutputs, type ShapValues } from './tree-values.ts';

/** The section `explainer` of `tree_shap`. */
export interface TreeShapOptions extends Omit<TableOptions, 'output'>, BackgroundOptions {
  /**
   * What becomes of a feature that is not known: the shares of the training data at each branch decide (`path_dependent`), or
   * the samples of the background do (`interventional`). By default the latter where there is a background.
   */
  readonly mode: 'path_dependent' | 'interventional';
}

const { output: _, ...withoutOutput } = tableReaders;

/** @throws Error for a model that is no tree ensemble, and for settings and files that do not fit it */
export const openTreeShap: OpenExplainer = async (handler, context) => {
  const options = readExplainerSection<TreeShapOptions>(context, {
    ...withoutOutput,
    ...backgroundReaders,
    mode: oneOf('path_dependent', 'interventional'),
  });
  const { instance } = handler;
  const { serializedFile } = context.manifest.model;
  if (!isStaged(instance) || serializedFile === undefined) {
    throw new Error(
      'tree_shap: expected a handler that extends BaseHandler, with a model; kernel_shap and permutation_shap explain all others',
    );
  }
  const ensemble = await findTreeEnsemble(join(context.modelDir, serializedFile));
  const table = stagedTable(instance);
  const method = await treeMethod(ensemble, options, { context, table });
  return tableExplainer({ handler, table, method });
};

interface Model {
  readonly context: ModelContext;
  readonly table: Table;
}

async function treeMethod(
  ensemble: FoundEnsemble,
  options: Partial<TreeShapOptions>,
  { context, table }: Model,
): Promise<TableMethod> {
  const { background: file, clusters, seed = 0, classes = 'all', features } = options;
  const { featureCount: known } = table;
  const found =
    file === undefined
      ? undefined
      : await readBackground(context, {
          file,
          clusters,
          seed,
          featureCount: known,
          features: knownNames(context, { config: features, model: table.featureNames }),
        });
  const background = found && numbersOnly(found.background, file ?? '');
  const { mode = background === undefined ? 'path_dependent' : 'interventional' } = options;
  const featureCount = known ?? found?.background.samples[0]?.length ?? features?.length ?? ensemble.featureCount;
  const names = featureNames(
    context,
    { config: features, background: found?.names, model: table.featureNames },
    featureCount,
  );
  const valuesOf = chooseMode(ensemble, mode, background);
  const parameters = { mode, model_output: 'raw', ...(file !== undefined && { background: file, clusters }) };
  let outputNames: readonly string[] | undefined;
  return {
    name: 'tree_shap',
    featureCount,
    async explain(sample, run, asked) {
      await run.pause();
      const numbers = sample.map(Number);
      const { baseValues, values } = await valuesOf(numbers, run.checkpoint);
      const explanation: ShapExplanation = {
        method: 'tree_shap',
        parameters,
        seed,
        feature_names: names,
        data: sample,
        output_names: (outputNames ??= await namesOf(ensemble, asked.predict([sample], run.context))),
        outputs: treeOutputs(ensemble, numbers),
        base_values: baseValues,
        values,
      };
      return selectOutputs(explanation, classes);
    },
  };
}

/** As the handler calls the classes, where it does: the model may know numbers alone. */
async function namesOf({ outputNames }: FoundEnsemble, predicted: Promise<TableScores>): Promise<readonly string[]> {
  const { names } = await predicted.catch(() => ({ names: [] }));
  if (names.every((name, index) => name === String(index))) return outputNames;
  if (names.length === outputNames.length) return names;
  return names.length === 2 && outputNames.length === 1 ? names.slice(1) : outputNames;
}

function numbersOnly({ samples, weights }: WeightedSamples, file: string): WeightedSamples<number> {
  const isNumbers = (sample: readonly Cell[]): sample is number[] => sample.every((cell) => typeof cell === 'number');
  const odd = samples.findIndex((sample) => !isNumbers(sample));
  if (odd < 0) return { samples: samples.filter(isNumbers), weights };
  throw new Error(
    `explainer.background: ${file}: expected numbers, as trees compare them; sample ${odd + 1} is ${JSON.stringify(samples[odd])}`,
  );
}

type ValuesOf = (sample: readonly number[], checkpoint: Checkpoint) => Promise<ShapValues>;

function chooseMode(
  ensemble: FoundEnsemble,
  mode: TreeShapOptions['mode'],
  background: WeightedSamples<number> | undefined,
): ValuesOf {
  if (mode === 'interventional') {
    if (background === undefined)
      throw configError('explainer.background', 'a file of samples for the mode interventional', undefined);
    return (sample, checkpoint) => interventionalValues(ensemble, { sample, background }, checkpoint);
  }
  if (ensemble.trees.every(hasCovers)) return (...asked) => pathDependentValues(ensemble, ...asked);
  if (background === undefined) {
    throw new Error(
      'tree_shap: the mode path_dependent needs to know how much data passed each node. The model does not tell: converters write ' +
        '1 into nodes_hitrates. Write the covers there, or name a file of training data as explainer.background, in which they are counted',
    );
  }
  const samples = background.samples.map((sample) => ensemble.columnsOf(sample));
  const counted = { ...ensemble, trees: ensemble.trees.map((tree) => withCovers(tree, samples)) };
  return (...asked) => pathDependentValues(counted, ...asked);
}
