/** A classifier's outputs → `{label, probabilities}`, or what it gives instead. */
import type { ClassList } from '../classifier/class-list.ts';
import { readScores, type Reading } from '../classifier/score-options.ts';
import { argmax } from '../classifier/scores.ts';
import type { NamedTensors, Tensor } from '../tensor/tensor.ts';
import { tensorToJson } from '../tensor/tensor-json.ts';
import { floatValues } from '../tensor/tensor-values.ts';
import type { ClassifierOutputs } from './classifier-outputs.ts';

/** By the name of the class; a list where the model does not tell which class a score belongs to. */
export type ByClass = Readonly<Record<string, number>> | readonly number[];

/** What the classes of one sample got. */
export interface Scored {
  /** By class; of models with several outputs a list, one for each. */
  readonly probabilities?: ByClass | readonly ByClass[];
  /** The same for what are no probabilities. */
  readonly scores?: ByClass | readonly ByClass[];
}

/** The answer for one sample: its class, or, where several can hold, all that do. */
export type Classified = ({ readonly label: unknown } | { readonly labels: readonly unknown[] }) & Scored;

/** How the answers of one model are made. */
export interface Classifier {
  /** Where labels and scores come from. */
  readonly outputs: ClassifierOutputs;
  /** What is done to the scores. */
  readonly reading: Reading;
  /** Of the scores; of each output where there are several. */
  readonly classes: ClassList;
  /** Where there are several outputs, the classes of each; else empty. */
  readonly columns: readonly ClassList[];
  /** Whether the scores of the two classes come in the order of the second and the first. */
  readonly isReversed: boolean;
}

/** One answer for a single sample, a list of them for a row that came with a batch axis. */
export function toClasses(row: NamedTensors, classifier: Classifier): Classified | Classified[] {
  const { outputs } = classifier;
  if (outputs.form === 'several') return severalOutputs(row, classifier, outputs);
  if (outputs.form === 'columns') return oneColumnEach(row, classifier, outputs);
  const scores = outputs.scores && row[outputs.scores.name];
  const labels = outputs.label && row[outputs.label.name];
  const values = scores && samplesOf(floatValues(scores), columnsOf(scores, outputs.scores?.shape.length));
  const width = outputs.form === 'multilabel' ? columnsOf(labels, 2) : 1;
  const given = labels && samplesOf(elementsOf(labels), width);
  const samples = Array.from({ length: (values ?? given)?.length ?? 0 }, (_, sample) =>
    outputs.form === 'multilabel'
      ? multilabel(given?.[sample], values?.[sample], classifier)
      : single(given?.[sample]?.[0], values?.[sample], classifier),
  );
  const [tensor, spec] = labels === undefined ? [scores, outputs.scores] : [labels, outputs.label];
  const isBatch = tensor?.shape.length === spec?.shape.length;
  return isBatch ? samples : (samples[0] ?? { label: null });
}

function columnsOf(tensor: Tensor | undefined, rank = 2): number {
  return rank === 1 ? 1 : (tensor?.shape.at(-1) ?? 1);
}

function samplesOf<T>(values: readonly T[], width: number): T[][] {
  return Array.from({ length: values.length / width }, (_, sample) =>
    values.slice(sample * width, (sample + 1) * width),
  );
}

function elementsOf(labels: Tensor): unknown[] {
  return tensorToJson({ ...labels, shape: [labels.data.length] }) as unknown[];
}

function single(given: unknown, values: readonly number[] | undefined, classifier: Classifier): Classified {
  const { reading, classes, isReversed } = classifier;
  const ordered = isReversed ? values?.toReversed() : values;
  const read = ordered && bothClasses(readScores(ordered, reading), reading);
  const label = given === undefined ? best(read, classes) : classes.of(given);
  return { label, ...scored(read, classifier) };
}

/** A single probability is that of the second class; that of the first is what remains. */
function bothClasses(values: readonly number[], reading: Reading): readonly number[] {
  const [only = 0] = values;
  return values.length === 1 && reading !== 'scores' ? [1 - only, only] : values;
}

function best(values: readonly number[] | undefined, classes: ClassList): unknown {
  if (values === undefined) return null;
  // A single score that is no probability speaks for the second class when it is positive.
  return classes.at(values.length === 1 ? Number((values[0] ?? 0) > 0) : argmax(values));
}

/** Half is not more likely than not. */
function multilabel(
  given: readonly unknown[] | undefined,
  values: readonly number[] | undefined,
  classifier: Classifier,
) {
  const { reading, classes } = classifier;
  const read = values && readScores(values, reading);
  const limit = reading === 'scores' ? 0 : 0.5;
  const holds = given?.map((label) => Number(label) > 0) ?? read?.map((value) => value > limit) ?? [];
  const labels = holds.flatMap((isOn, index) => (isOn ? [classes.at(index)] : []));
  return { labels, ...scored(read, classifier) };
}

function scored(values: readonly number[] | undefined, { reading, classes }: Classifier): Scored {
  if (values === undefined || reading === 'none') return {};
  return reading === 'scores' ? { scores: byClass(values, classes) } : { probabilities: byClass(values, classes) };
}

function byClass(values: readonly number[], classes: ClassList): ByClass {
  const { count = values.length } = classes;
  if (values.length === 1 && count === 2 && classes.isKnown) return { [String(classes.at(1))]: values[0] ?? NaN };
  if (values.length !== count || (values.length === 1 && !classes.isKnown)) return values;
  return Object.fromEntries(values.map((value, index) => [String(classes.at(index)), value]));
}

type Columns = Extract<ClassifierOutputs, { readonly form: 'columns' }>;

function oneColumnEach(row: NamedTensors, classifier: Classifier, outputs: Columns): Classified | Classified[] {
  const labels = row[outputs.label.name];
  const columns = outputs.scores.map(({ name }) => floatValues(row[name]));
  const samples = (labels === undefined ? [] : elementsOf(labels)).map((label, index) =>
    single(
      label,
      columns.map((column) => column[index] ?? NaN),
      classifier,
    ),
  );
  return labels?.shape.length === outputs.label.shape.length ? samples : (samples[0] ?? { label: null });
}

type Several = Extract<ClassifierOutputs, { readonly form: 'several' }>;

/** Where each output says yes or no (0 or 1), they are classes of which several can hold. */
function severalOutputs(row: NamedTensors, classifier: Classifier, outputs: Several): Classified | Classified[] {
  const { columns, reading } = classifier;
  const labels = row[outputs.label.name];
  const given = labels === undefined ? [] : samplesOf(elementsOf(labels), columns.length);
  const values = valuesOfEach(row, outputs, given.length);
  const isYesOrNo = columns.every(({ count, isYesOrNo: both }) => count === 2 && both);
  const samples = given.map((sample, index) => {
    const each = columns.map((classes, column) => (values[column]?.[index] ?? []).slice(0, classes.count));
    if (isYesOrNo)
      return multilabel(
        sample,
        each.map((pair) => pair[1] ?? NaN),
        classifier,
      );
    const found = columns.map((classes, column) => byClass(readScores(each[column] ?? [], reading), classes));
    const answer = { labels: sample.map((label, column) => columns[column]?.of(label)) };
    if (reading === 'none') return answer;
    return reading === 'scores' ? { ...answer, scores: found } : { ...answer, probabilities: found };
  });
  return labels?.shape.length === outputs.label.shape.length ? samples : (samples[0] ?? { labels: [] });
}

/** Output → sample → class. */
function valuesOfEach(row: NamedTensors, { scores }: Several, samples: number): number[][][] {
  const tensors = scores.map(({ name }) => row[name]);
  const [only] = tensors;
  if (tensors.length > 1) return tensors.map((tensor) => samplesOf(floatValues(tensor), tensor?.shape.at(-1) ?? 1));
  const all = samplesOf(floatValues(only), only?.shape.at(-1) ?? 1);
  return samplesOf(all, samples);
}
