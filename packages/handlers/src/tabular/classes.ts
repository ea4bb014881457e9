/** A classifier's outputs → `{label, probabilities}`. */
import type { ClassNames } from '../class-names.ts';
import { argmax, toProbabilities } from '../scores.ts';
import type { NamedTensors, Tensor } from '../tensor.ts';
import { tensorToJson } from '../tensor-json.ts';
import { floatValues } from '../tensor-values.ts';
import type { ClassifierOutputs } from './classifier-outputs.ts';

type Label = string | number;

/** The answer for one sample. */
export interface Classified {
  readonly label: unknown;
  readonly probabilities?: Readonly<Record<string, number>>;
}

export interface ClassNaming {
  readonly outputs: ClassifierOutputs;
  readonly nameOf: ClassNames;
  readonly softmax: 'auto' | boolean;
}

/** One answer for a single sample, a list of them for a row that came with a batch axis. */
export function toClasses(row: NamedTensors, naming: ClassNaming): Classified | Classified[] {
  const { outputs } = naming;
  const scores = outputs.probabilities && row[outputs.probabilities.name];
  const labels = outputs.label && row[outputs.label.name];
  const isBatch = scores === undefined ? labels?.shape.length === outputs.label?.shape.length : scores.shape.length > 1;
  const probabilities = scores === undefined ? [] : scoresBySample(scores);
  const given = labels === undefined ? [] : flatLabels(labels);
  const samples = Array.from({ length: Math.max(probabilities.length, given.length) }, (_, sample) =>
    classified(given[sample], probabilities[sample], naming),
  );
  return isBatch ? samples : (samples[0] ?? { label: null });
}

function scoresBySample(scores: Tensor): number[][] {
  const classes = scores.shape.at(-1) ?? 1;
  const values = floatValues(scores);
  return Array.from({ length: values.length / classes }, (_, sample) => {
    const row = values.slice(sample * classes, (sample + 1) * classes);
    const [only = 0] = row;
    // A single probability is that of the second class.
    return classes === 1 && only >= 0 && only <= 1 ? [1 - only, only] : row;
  });
}

function flatLabels(labels: Tensor): unknown[] {
  return tensorToJson({ ...labels, shape: [labels.data.length] }) as unknown[];
}

function classified(given: unknown, scores: readonly number[] | undefined, naming: ClassNaming): Classified {
  if (scores === undefined) return { label: named(given, naming) };
  const classes = naming.outputs.probabilities?.labels ?? scores.map((_, index) => index);
  const entries = toProbabilities(scores, naming.softmax).map((value, index) => [
    named(classes[index] ?? index, naming),
    value,
  ]);
  const label = named(given ?? classes[argmax(scores)], naming);
  return { label, probabilities: Object.fromEntries(entries) as Record<string, number> };
}

/** The name of a class that the model knows by its number only. */
function named(label: unknown, { nameOf }: ClassNaming): unknown {
  if (typeof label !== 'number') return label;
  const name: Label = nameOf(label);
  return name === String(label) ? label : name;
}
