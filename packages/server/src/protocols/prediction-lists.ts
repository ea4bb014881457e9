/** The results of a request's rows in the lists that V1 has for them. */
import { isRecord } from './is-record.ts';

/** What explainers give for a row. */
interface Explained {
  readonly predictions: unknown;
  readonly explanations: unknown;
}

/** Of explainers both lists; else the one that is asked for. */
export function predictionLists(
  key: 'predictions' | 'explanations',
  values: readonly unknown[],
): Readonly<Partial<Record<'predictions' | 'explanations', readonly unknown[]>>> {
  if (key === 'predictions' || !values.every(isExplained)) return { [key]: values };
  return {
    predictions: values.map((value) => value.predictions),
    explanations: values.map((value) => value.explanations),
  };
}

function isExplained(value: unknown): value is Explained {
  return isRecord(value) && 'predictions' in value && 'explanations' in value && Object.keys(value).length === 2;
}
