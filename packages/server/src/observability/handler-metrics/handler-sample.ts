/** What makes a handler's metric sample one that can be shown. */
import type { HandlerSeries } from '../../core/metrics.ts';

const METRIC_NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const LABEL_NAME = /^(?!__)[a-zA-Z_][a-zA-Z0-9_]*$/;
const MAX_LENGTH = 1000;

/** Why this sample cannot be added to any metric; undefined when it can. Its fields can be anything JSON has. */
export function sampleProblem({ kind, values, unit, dimensions }: HandlerSeries): string | undefined {
  const odd = values.findIndex((value) => typeof value !== 'number' || !Number.isFinite(value));
  if (odd >= 0) return `its value must be a finite number, got ${shown(values[odd])}`;
  const negative = kind === 'counter' ? values.find((value) => value < 0) : undefined;
  if (negative !== undefined) return `a counter only grows, got ${negative}`;
  if (typeof unit !== 'string' || unit.length > MAX_LENGTH)
    return `its unit must be a string of up to ${MAX_LENGTH} characters, got ${shown(unit)}`;
  const wrong = Object.entries(dimensions).find(([, label]) => !isLabelValue(label));
  if (wrong === undefined) return undefined;
  return `dimension ${shown(wrong[0])} must be a string of up to ${MAX_LENGTH} characters, got ${shown(wrong[1])}`;
}

/** Why there can be no metric for this sample; undefined when there can. */
export function metricProblem({ name, dimensions }: HandlerSeries): string | undefined {
  if (typeof name !== 'string' || name.length > MAX_LENGTH || !METRIC_NAME.test(name))
    return `a name has up to ${MAX_LENGTH} letters, digits, "_" and ":" and does not begin with a digit`;
  // prom-client keeps metrics in a plain object, by name.
  if (name.startsWith('__') || name in Object.prototype) return 'the name is reserved';
  const wrong = Object.keys(dimensions).find((label) => label === 'le' || !LABEL_NAME.test(label));
  if (wrong === undefined) return undefined;
  return `dimension ${shown(wrong)} must be named with letters, digits and "_", begin with neither a digit nor "__", and not be "le"`;
}

/** A handler's word as a message can hold it. */
export function shown(word: unknown): string {
  if (typeof word === 'string') return JSON.stringify(word.length > 100 ? `${word.slice(0, 100)}…` : word);
  if (typeof word === 'number' || typeof word === 'boolean') return `${word}`;
  return word === null ? 'null' : typeof word;
}

function isLabelValue(value: unknown): boolean {
  if (typeof value === 'string') return value.length <= MAX_LENGTH;
  return typeof value === 'number' || typeof value === 'boolean';
}
