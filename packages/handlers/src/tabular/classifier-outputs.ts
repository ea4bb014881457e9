/** Which outputs of a model are its label and its scores, and how they belong together. */
import type { GraphFacts } from '../classifier/graph-facts.ts';
import { declaredScores, type ScoreOptions } from '../classifier/score-options.ts';
import type { ModelSignature, TensorSpec } from '../signature.ts';
import { formatSpec, formatSpecs } from '../tensor/tensor-spec.ts';

/** The form of a model's answer. */
export type ClassifierOutputs =
  /** One class a sample. */
  | { readonly form: 'single'; readonly label?: TensorSpec; readonly scores?: TensorSpec }
  /** One class a sample, with an output for the score of each class (skl2onnx's option `zipmap: 'columns'`). */
  | { readonly form: 'columns'; readonly label: TensorSpec; readonly scores: readonly TensorSpec[] }
  /** Any number of classes a sample: a label of 0 or 1 for each, or a score. */
  | { readonly form: 'multilabel'; readonly label?: TensorSpec; readonly scores?: TensorSpec }
  /** Several labels a sample, each of classes of its own: an output of scores for each, or one with an axis for them. */
  | { readonly form: 'several'; readonly label: TensorSpec; readonly scores: readonly TensorSpec[] };

const REGRESSORS = ['LinearRegressor', 'TreeEnsembleRegressor', 'SVMRegressor'];

/**
 * By type and rank, since converters name them differently.
 * @throws Error for a model that is no classifier, naming the handler that serves it
 */
export function classifierOutputs(
  { outputs }: ModelSignature,
  facts: GraphFacts,
  options: ScoreOptions,
): ClassifierOutputs {
  const isFloat = ({ type }: TensorSpec): boolean => type.startsWith('float');
  const isLabel = ({ type, shape }: TensorSpec): boolean => /^(?:int|string)/.test(type) && shape.length <= 2;
  const label = outputs.find((spec) => isLabel(spec));
  const columns = label === undefined ? undefined : facts.columnsOf(label.name);
  const several = outputs.filter((spec) => isFloat(spec) && spec.shape.length !== 1);
  if (label !== undefined && columns !== undefined && isOfEach(several, columns.length)) {
    return { form: 'several', label, scores: several };
  }
  const vectors = outputs.filter((spec) => isFloat(spec) && spec.shape.length === 1);
  if (label !== undefined && vectors.length > 1) return { form: 'columns', label, scores: vectors };
  const scores =
    outputs.find(({ labels }) => labels !== undefined) ??
    outputs.find(
      (spec) => isFloat(spec) && (spec.shape.length === 2 || (spec.shape.length === 1 && label !== undefined)),
    );
  if (label === undefined && scores === undefined) throw notAClassifier(`this model has ${formatSpecs(outputs)}`);
  if (label === undefined && scores !== undefined) refuseRegression(scores, facts, options);
  return { form: isMultilabel({ label, scores }, facts, options) ? 'multilabel' : 'single', label, scores };
}

/** One tensor for each column of the labels, or one with an axis for them in front. */
function isOfEach(scores: readonly TensorSpec[], columns: number): boolean {
  const [only] = scores;
  if (scores.length === 1) return columns > 1 && only !== undefined && only.shape.length === 3;
  return scores.length === columns;
}

interface Found {
  readonly label?: TensorSpec;
  readonly scores?: TensorSpec;
}

function isMultilabel({ label, scores }: Found, facts: GraphFacts, { multilabel }: ScoreOptions): boolean {
  if (multilabel !== undefined) return multilabel;
  if (label !== undefined) return label.shape.length === 2 && Number(label.shape[1]) > 1;
  return (
    scores !== undefined && Number(scores.shape.at(-1)) > 1 && facts.kindOf(scores.name) === 'separate probabilities'
  );
}

/** A number a sample, of which nothing tells that it is about classes. */
function refuseRegression(scores: TensorSpec, facts: GraphFacts, options: ScoreOptions): void {
  if (declaredScores(options) !== undefined || facts.kindOf(scores.name) !== 'scores') return;
  const operator = facts.operatorOf(scores.name);
  if (scores.shape.at(-1) !== 1 && !REGRESSORS.includes(operator)) return;
  throw notAClassifier(
    `"${scores.name}" ${formatSpec(scores)} is made by ${operator}, and is no probability: a regression, as it seems. ` +
      'If it is a logit or a probability, say so in the model config, tabular_classifier.scores',
  );
}

function notAClassifier(problem: string): Error {
  return new Error(
    `Expected a classifier, with an output of labels or of probabilities; ${problem}. base_handler serves models of all kinds`,
  );
}
