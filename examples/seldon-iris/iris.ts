/** One class for three places of a graph: it scales measures of flowers, says which iris each may be, and words that. */
import { readFile } from 'node:fs/promises';

/** Of the graph, or of the component's YAML file. */
interface Parameters {
  /** Where the model is. */
  readonly model_uri: string;
  /** Of the columns that its answers have, with commas between. */
  readonly names: string;
}

/** Fitted on Fisher's irises: a scaler, and a logistic regression behind it. */
interface Model {
  readonly classes: readonly string[];
  readonly mean: readonly number[];
  readonly scale: readonly number[];
  readonly weights: readonly (readonly number[])[];
  readonly bias: readonly number[];
}

type Matrix = readonly (readonly number[])[];

/** What is asked of it depends on where it stands. */
export default class Iris {
  readonly classNames: readonly string[];
  readonly #uri: string;
  #model: Model | undefined;

  constructor({ model_uri: uri, names }: Parameters) {
    this.#uri = uri;
    this.classNames = names.split(',');
  }

  async load() {
    this.#model = JSON.parse(await readFile(this.#uri, 'utf8')) as Model;
  }

  /** As a TRANSFORMER: measures to deviations. */
  transformInput(X: Matrix) {
    const { mean, scale } = this.#loaded();
    return X.map((row) => row.map((value, column) => (value - (mean[column] ?? 0)) / (scale[column] ?? 1)));
  }

  /** As the MODEL: the probability of each class. */
  predict(X: Matrix) {
    const { weights, bias } = this.#loaded();
    return X.map((row) => softmax(weights.map((each, at) => dot(each, row) + (bias[at] ?? 0))));
  }

  /** As an OUTPUT_TRANSFORMER: the likeliest class, and how likely it is. */
  transformOutput(X: Matrix) {
    const { classes } = this.#loaded();
    return X.map((row) => {
      const most = Math.max(...row);
      return [classes[row.indexOf(most)], Number(most.toFixed(3))];
    });
  }

  #loaded(): Model {
    if (this.#model === undefined) throw new Error('load has not been called');
    return this.#model;
  }
}

function dot(one: readonly number[], other: readonly number[]): number {
  return one.reduce((sum, value, at) => sum + value * (other[at] ?? 0), 0);
}

function softmax(scores: readonly number[]): number[] {
  const most = Math.max(...scores);
  const powers = scores.map((score) => Math.exp(score - most));
  const sum = powers.reduce((all, power) => all + power, 0);
  return powers.map((power) => power / sum);
}
