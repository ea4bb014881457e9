/** Decides how a model's outputs become answers: once, when it is loaded. */
import { ClassList, type ClassListOptions } from '../classifier/class-list.ts';
import type { GraphFacts } from '../classifier/graph-facts.ts';
import { readingOf, type ScoreOptions } from '../classifier/score-options.ts';
import type { ClassNames } from '../classifier/class-names.ts';
import { configError } from '../model-config.ts';
import type { ClassLabel } from '../onnx/scores/class-labels.ts';
import type { ScoreKind } from '../onnx/scores/score-kind.ts';
import type { ModelSignature, TensorSpec } from '../signature.ts';
import type { Classifier } from './classes.ts';
import { classifierOutputs, type ClassifierOutputs } from './classifier-outputs.ts';

/** What the config says of the answer. */
export interface ClassifierConfig extends ScoreOptions {
  /** Names of the classes, in the order of the scores. */
  readonly labels?: readonly string[];
  /** Of classes that are numbers; names of the config come first. */
  readonly nameOf: ClassNames;
}

const SECTION = 'tabular_classifier';

/** @throws Error for a model that is no classifier, and for names that do not fit its classes */
export function findClassifier(signature: ModelSignature, facts: GraphFacts, config: ClassifierConfig): Classifier {
  const outputs = classifierOutputs(signature, facts, config);
  if (outputs.form === 'several') return severalClassifier(outputs, facts, config);
  if (outputs.form === 'columns') return columnsClassifier(outputs, facts, config);
  const { form, label, scores } = outputs;
  const columns = scores && fixedColumns(scores);
  const isMultilabel = form === 'multilabel';
  const known = isMultilabel ? scores?.labels : knownClasses(outputs, facts);
  const isSingle = columns === 1;
  const count = isSingle && !isMultilabel ? 2 : (columns ?? (isMultilabel && label ? fixedColumns(label) : undefined));
  const kind = scores === undefined ? 'scores' : facts.kindOf(scores.name);
  return {
    outputs,
    reading: readingOf(config, { kind, isMultilabel, isSingle }),
    classes: classList({ classes: known, count }, config),
    columns: [],
    isReversed: scores !== undefined && facts.isReversed(scores.name),
  };
}

/** Of the label, since that is what is answered; else of the scores. */
function knownClasses({ label, scores }: ClassifierOutputs & { form: 'single' }, facts: GraphFacts) {
  const candidates = [
    label && facts.classesOf(label.name),
    scores && facts.classesOf(scores.name),
    scores?.labels,
  ] as const;
  return candidates.find((classes) => classes !== undefined);
}

/** A fixed last axis. */
function fixedColumns({ shape }: TensorSpec): number | undefined {
  const last = shape.at(-1);
  return shape.length > 1 && typeof last === 'number' && last > 0 ? last : undefined;
}

function columnsClassifier(
  outputs: ClassifierOutputs & { form: 'columns' },
  facts: GraphFacts,
  config: ClassifierConfig,
): Classifier {
  const known = facts.classesOf(outputs.label.name);
  const count = outputs.scores.length;
  return {
    outputs,
    reading: readingOf(config, { kind: weakest(outputs.scores, facts), isMultilabel: false, isSingle: false }),
    classes: classList(known?.length === count ? { classes: known } : { count }, config),
    columns: [],
    isReversed: false,
  };
}

/** Probabilities, where all outputs are. */
function weakest(outputs: readonly TensorSpec[], facts: GraphFacts): ScoreKind {
  return outputs.some(({ name }) => facts.kindOf(name) === 'scores') ? 'scores' : 'probabilities';
}

function severalClassifier(
  outputs: ClassifierOutputs & { form: 'several' },
  facts: GraphFacts,
  config: ClassifierConfig,
): Classifier {
  const columns = (facts.columnsOf(outputs.label.name) ?? []).map((classes) =>
    classList({ classes }, { nameOf: String }),
  );
  const isYesOrNo = columns.every((column) => column.isYesOrNo);
  if (!isYesOrNo && config.labels !== undefined) {
    throw configError(
      `${SECTION}.labels`,
      'left out for a model of several outputs with classes of their own',
      config.labels,
    );
  }
  return {
    outputs,
    reading: readingOf(config, {
      kind: weakest(outputs.scores, facts),
      isMultilabel: isYesOrNo,
      isSingle: false,
    }),
    classes: classList({ count: columns.length }, config),
    columns,
    isReversed: false,
  };
}

interface Known {
  readonly classes?: readonly ClassLabel[];
  readonly count?: number;
}

function classList(known: Known, { labels, nameOf }: Pick<ClassifierConfig, 'labels' | 'nameOf'>): ClassList {
  const options: ClassListOptions = { ...known, nameOf, section: SECTION, ...(labels && { names: labels }) };
  return new ClassList(options);
}
