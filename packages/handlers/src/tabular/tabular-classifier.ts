/** The built-in handler `tabular_classifier`: rows of features in, `{label, probabilities}` out. */
import { join } from 'node:path';
import { BaseHandler, type RowInputs, type RowOutputs } from '../base/base-handler.ts';
import { rowInputs, rowValue } from '../base/row-inputs.ts';
import type { ModelSignature } from '../signature.ts';
import { mapRows } from '../base/stages.ts';
import { graphFacts, type GraphFacts } from '../classifier/graph-facts.ts';
import {
  declaredScores,
  scoreOptionReaders,
  type ScoreOptions,
  type ScoresDescribed,
} from '../classifier/score-options.ts';
import { readClassNames } from '../classifier/class-names.ts';
import type { HandlerContext, ModelContext, Row, RowResult } from '../handler.ts';
import { listOf, readSection, string } from '../model-config.ts';
import { isTensor, type NamedTensors, type Tensor } from '../tensor/tensor.ts';
import { toClasses, type Classifier } from './classes.ts';
import { findClassifier } from './find-classifier.ts';
import { orderFeatures } from './features.ts';

/** The section `tabular_classifier` of the model's YAML file. */
export interface TabularClassifierConfig extends ScoreOptions {
  /** Names of the features in the model's order: rows may then be objects. */
  readonly features?: readonly string[];
  /** Names of the classes in the order of the scores; the model's own labels or `index_to_name.json` by default. */
  readonly labels?: readonly string[];
}

/**
 * A row is `[5.1, 3.5, …]` or `{"sepal length": 5.1, …}` (names from `features`, or the model's inputs when it has one for
 * each feature), or a list of these, which gives a list of results. A result is `{label, probabilities: {label: p}}`; `labels`
 * instead of a label where several classes can hold, `scores` instead of probabilities where the model gives none.
 */
export class TabularClassifier extends BaseHandler {
  #config: TabularClassifierConfig = {};
  #classifier: Classifier | undefined;
  #described: ScoresDescribed | undefined;

  override async initialize(context: ModelContext): Promise<void> {
    this.#config = readSection<TabularClassifierConfig>(context.modelConfig, 'tabular_classifier', {
      ...scoreOptionReaders,
      features: listOf(string),
      labels: listOf(string),
    });
    await super.initialize(context);
    const { modelDir, manifest } = context;
    const facts = graphFacts(join(modelDir, manifest.model.serializedFile ?? ''));
    const nameOf = this.#config.labels === undefined ? await readClassNames(modelDir) : String;
    this.#classifier = findClassifier(this.signature, facts, { ...this.#config, nameOf });
    this.#described = describeScores(this.#classifier, facts, this.#config);
  }

  override preprocess(rows: Row[], context: HandlerContext): RowInputs[] {
    const { features } = this.#config;
    return mapRows(rows, (row, index) => {
      const contentType = () => context.getRequestHeader(index, 'content-type');
      const hasInputs = this.signature.inputs.some(({ name }) => Object.hasOwn(row, name));
      if (hasInputs) return rowInputs(row, this.signature, contentType);
      const body = orderFeatures(rowValue(row, contentType), this.signature, features);
      return rowInputs({ body }, this.signature, contentType);
    });
  }

  /** A sample that came without the batch axis has outputs without it, also where the graph does not show which axis that is. */
  override async inference(inputs: (Tensor | NamedTensors)[], context: HandlerContext): Promise<RowOutputs[]> {
    const outputs = await super.inference(inputs, context);
    return outputs.map((output, index) =>
      output instanceof Error || !isSample(inputs[index] ?? {}, this.signature)
        ? output
        : withoutBatchAxis(output, this.signature),
    );
  }

  override postprocess(outputs: NamedTensors[], _context: HandlerContext): RowResult[] {
    const classifier = this.#classifier;
    if (classifier === undefined) throw new Error('tabular_classifier is not initialized');
    return mapRows(outputs, (row) => toClasses(row, classifier));
  }

  /** It takes the model's inputs as well. */
  override getSignature(): ModelSignature {
    return { inputs: this.signature.inputs, outputs: [] };
  }

  /** The model's signature, and how its scores are read, when it has some. */
  override describe(): object {
    return { ...this.signature, ...(this.#described && { scores: this.#described }) };
  }
}

function describeScores(
  { outputs: { scores }, reading }: Classifier,
  facts: GraphFacts,
  config: ScoreOptions,
): ScoresDescribed | undefined {
  const [first] = scores === undefined ? [] : [scores].flat();
  if (first === undefined) return undefined;
  const because = declaredScores(config) === undefined ? facts.operatorOf(first.name) : 'model config';
  return { read: reading, because };
}

function isSample(inputs: Tensor | NamedTensors, { inputs: specs }: ModelSignature): boolean {
  return specs.every(({ name, shape }) => {
    const tensor = isTensor(inputs) ? inputs : inputs[name];
    return tensor !== undefined && tensor.shape.length < shape.length;
  });
}

function withoutBatchAxis(outputs: NamedTensors, { outputs: specs }: ModelSignature): NamedTensors {
  const ranks = new Map(specs.map(({ name, shape }) => [name, shape.length]));
  const entries = Object.entries(outputs).map(([name, tensor]): [string, Tensor] => [
    name,
    tensor.shape[0] === 1 && tensor.shape.length === ranks.get(name)
      ? { ...tensor, shape: tensor.shape.slice(1) }
      : tensor,
  ]);
  return Object.fromEntries(entries);
}
