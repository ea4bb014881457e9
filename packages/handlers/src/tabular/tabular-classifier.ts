/** The built-in handler `tabular_classifier`: rows of features in, `{label, probabilities}` out. */
import { BaseHandler, type RowInputs } from '../base-handler.ts';
import { rowInputs, rowValue } from '../base/row-inputs.ts';
import { mapRows } from '../base/stages.ts';
import { readClassNames, type ClassNames } from '../class-names.ts';
import type { HandlerContext, ModelContext, Row, RowResult } from '../handler.ts';
import { listOf, oneOf, readSection, string } from '../model-config.ts';
import type { NamedTensors } from '../tensor.ts';
import { classifierOutputs, type ClassifierOutputs } from './classifier-outputs.ts';
import { toClasses } from './classes.ts';
import { orderFeatures } from './features.ts';

/** The section `tabular_classifier` of the model's YAML file. */
export interface TabularClassifierConfig {
  /** Names of the features in the model's order: rows may then be objects. */
  readonly features?: readonly string[];
  /** Names of the classes in the order of the probabilities; the model's own labels or `index_to_name.json` by default. */
  readonly labels?: readonly string[];
  /** Whether to turn scores into probabilities; `auto` (default): when the model has not done it already. */
  readonly softmax?: 'auto' | boolean;
}

/**
 * A row is `[5.1, 3.5, …]` or `{"sepal length": 5.1, …}` (names from `features`, or the model's inputs when it has one for
 * each feature), or a list of these, which gives a list of results. A result is `{label, probabilities: {label: p}}`.
 */
export class TabularClassifier extends BaseHandler {
  #config: TabularClassifierConfig = {};
  #outputs: ClassifierOutputs = {};
  #nameOf: ClassNames = String;

  override async initialize(context: ModelContext): Promise<void> {
    this.#config = readSection<TabularClassifierConfig>(context.modelConfig, 'tabular_classifier', {
      features: listOf(string),
      labels: listOf(string),
      softmax: oneOf<'auto' | boolean>('auto', true, false),
    });
    await super.initialize(context);
    this.#outputs = classifierOutputs(this.signature);
    const { labels } = this.#config;
    this.#nameOf =
      labels === undefined ? await readClassNames(context.modelDir) : (index) => labels[index] ?? String(index);
  }

  override preprocess(rows: Row[], context: HandlerContext): RowInputs[] {
    const { features } = this.#config;
    return mapRows(rows, (row, index) => {
      const contentType = context.getRequestHeader(index, 'content-type');
      const hasInputs = this.signature.inputs.some(({ name }) => Object.hasOwn(row, name));
      if (hasInputs) return rowInputs(row, this.signature, contentType);
      const body = orderFeatures(rowValue(row, contentType), this.signature, features);
      return rowInputs({ body }, this.signature, contentType);
    });
  }

  override postprocess(outputs: NamedTensors[], _context: HandlerContext): RowResult[] {
    const { softmax = 'auto' } = this.#config;
    const naming = { outputs: this.#outputs, nameOf: this.#nameOf, softmax };
    return mapRows(outputs, (row) => toClasses(row, naming));
  }
}
