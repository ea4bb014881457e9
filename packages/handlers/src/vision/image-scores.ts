/** The scores of an image's classes → the answer of `image_classifier`; how they are read is decided when the model is loaded. */
import type { GraphFacts } from '../classifier/graph-facts.ts';
import {
  declaredScores,
  readingOf,
  readScores,
  type Reading,
  type ScoreOptions,
  type ScoresDescribed,
} from '../classifier/score-options.ts';
import type { ClassNames } from '../classifier/class-names.ts';
import { topK } from '../classifier/scores.ts';
import type { ModelSignature, TensorSpec } from '../signature.ts';
import type { NamedTensors } from '../tensor/tensor.ts';
import { formatSpec, formatSpecs } from '../tensor/tensor-spec.ts';
import { floatValues } from '../tensor/tensor-values.ts';

type ByName = Readonly<Record<string, number>>;

/** `{name: probability}`, the most probable first; under a name of its own whatever is something else. */
export type ImageAnswer =
  | ByName
  | { readonly scores: ByName }
  | { readonly label: string }
  | { readonly labels: readonly string[]; readonly probabilities?: ByName; readonly scores?: ByName };

/** Decided once for a model. */
export interface ImageScores {
  /** The output that is read. */
  readonly output: TensorSpec;
  /** What is done to its values. */
  readonly reading: Reading;
  /** Whether an image may be of several classes. */
  readonly isMultilabel: boolean;
  /** For `describe`. */
  readonly described: ScoresDescribed;
}

/** @throws Error for a model that does not give one score for each class of an image, naming the handler that serves it */
export function imageScores(signature: ModelSignature, facts: GraphFacts, options: ScoreOptions): ImageScores {
  const output = scoreOutput(signature, facts);
  const columns = classCount(output);
  const isSingle = columns === 1;
  const kind = facts.kindOf(output.name);
  const isMultilabel = options.multilabel ?? (kind === 'separate probabilities' && columns !== undefined && !isSingle);
  const reading = readingOf(options, { kind, isMultilabel, isSingle });
  const isDeclared = declaredScores(options) !== undefined;
  if (isSingle && kind === 'scores' && !isDeclared) {
    throw notAClassifier(
      `"${output.name}" ${formatSpec(output)} is made by ${facts.operatorOf(output.name)}, and is no probability. ` +
        'If it is a logit or a probability, say so in the model config, image_classifier.scores',
    );
  }
  // As TorchServe's image_classifier does: networks are trained with a softmax that is not exported.
  const layer = reading === 'scores' && !isDeclared && !isMultilabel ? facts.layerOf(output.name) : undefined;
  const actual = layer === undefined ? reading : 'softmax';
  const because = isDeclared ? 'model config' : (layer ?? facts.operatorOf(output.name));
  return { output, isMultilabel, reading: actual, described: { read: actual, because } };
}

/** The first output, or that of a ZipMap. */
function scoreOutput({ outputs }: ModelSignature, facts: GraphFacts): TensorSpec {
  const [first] = outputs;
  const found = outputs.find(({ labels }) => labels !== undefined) ?? first;
  const isVector =
    found !== undefined && found.type.startsWith('float') && found.shape.slice(2).every((dim) => dim === 1);
  if (found !== undefined && isVector && !facts.has('NonMaxSuppression')) return found;
  throw notAClassifier(`this model has ${formatSpecs(outputs)}`);
}

/** One image a row: a batch axis or none, and axes of 1 behind. */
function classCount({ shape }: TensorSpec): number | undefined {
  const dim = shape.length === 1 ? shape[0] : shape[1];
  return typeof dim === 'number' && dim > 0 ? dim : undefined;
}

function notAClassifier(problem: string): Error {
  return new Error(
    `Expected an image classifier, whose first output has one score for each class; ${problem}. ` +
      'base_handler serves models of all kinds',
  );
}

/** The scores of all classes, in the model's order, and their names. */
export function allScores(
  row: NamedTensors,
  { output, reading, isMultilabel }: ImageScores,
  nameOf: ClassNames,
): { readonly names: ClassNames; readonly values: readonly number[] } {
  const read = readScores(floatValues(row[output.name]), reading);
  const values = read.length === 1 && !isMultilabel && reading !== 'scores' ? bothClasses(read) : read;
  const names = output.labels === undefined ? nameOf : (index: number) => String(output.labels?.[index] ?? index);
  return { names, values };
}

/** The `topk` best classes of a row. */
export function toImageAnswer(
  row: NamedTensors,
  scores: ImageScores,
  { nameOf, topk }: { readonly nameOf: ClassNames; readonly topk: number },
): ImageAnswer {
  const { reading, isMultilabel } = scores;
  const { names, values } = allScores(row, scores, nameOf);
  const best = byName(topK(values, topk), names);
  if (isMultilabel) {
    const labels = values.flatMap((value, index) => (value > (reading === 'scores' ? 0 : 0.5) ? [names(index)] : []));
    if (reading === 'none') return { labels };
    return reading === 'scores' ? { labels, scores: best } : { labels, probabilities: best };
  }
  if (reading === 'none') return { label: Object.keys(byName(topK(values, 1), names))[0] ?? '' };
  return reading === 'scores' ? { scores: best } : best;
}

function bothClasses([only = 0]: readonly number[]): readonly number[] {
  return [1 - only, only];
}

function byName(best: readonly { readonly index: number; readonly value: number }[], nameOf: ClassNames): ByName {
  const result: Record<string, number> = {};
  for (const { index, value } of best) {
    const name = nameOf(index);
    // ImageNet has two cranes.
    result[Object.hasOwn(result, name) ? `${name} (${index})` : name] = value;
  }
  return result;
}
