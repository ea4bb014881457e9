/** What an anchor is made of: conditions on single features that hold of the sample that is explained. */
import type { Cell } from '../background/weighted-samples.ts';

/** A condition on one feature. */
export type Predicate =
  | { readonly feature: number; readonly kind: 'equals'; readonly value: Cell }
  | { readonly feature: number; readonly kind: 'above' | 'at most'; readonly value: number };

/** Whether it holds of a sample. */
export function holds({ feature, kind, value }: Predicate, sample: readonly Cell[]): boolean {
  const cell = sample[feature];
  if (kind === 'equals') return Object.is(cell, value);
  return kind === 'above' ? Number(cell) > value : Number(cell) <= value;
}

/** Where numbers are cut. */
const PERCENTILES = [25, 50, 75];

/**
 * All that hold of a sample: of numbers, on which side of the quartiles they are; of categories, which one it is.
 * @param samples of the training data
 * @param categories features that are categories though they are numbers
 */
export function predicatesOf(
  sample: readonly Cell[],
  samples: readonly (readonly Cell[])[],
  categories: ReadonlySet<number>,
): Predicate[] {
  return sample.flatMap((value, feature): Predicate[] => {
    const column = samples.map((other) => other[feature]);
    if (categories.has(feature) || typeof value === 'string' || column.some((cell) => typeof cell === 'string'))
      return [{ feature, kind: 'equals', value }];
    if (Number.isNaN(value)) return [{ feature, kind: 'equals', value }];
    const sorted = column
      .map(Number)
      .filter((cell) => !Number.isNaN(cell))
      .toSorted((a, b) => a - b);
    if (sorted.length === 0) return [];
    const cuts = new Set(PERCENTILES.map((percent) => percentile(sorted, percent)));
    return [...cuts].map((cut) => ({ feature, kind: value <= cut ? 'at most' : 'above', value: cut }));
  });
}

/** By interpolation, as NumPy does. */
function percentile(sorted: readonly number[], percent: number): number {
  const place = ((sorted.length - 1) * percent) / 100;
  const [below = NaN, above = below] = sorted.slice(Math.floor(place), Math.floor(place) + 2);
  return below + (above - below) * (place % 1);
}

/** Conditions on one feature as one. */
export interface Rule {
  /** Name of the feature. */
  readonly feature: string;
  /** The category that it is. */
  readonly equals?: Cell;
  /** The number that it is more than. */
  readonly above?: number;
  /** The number that it is not more than. */
  readonly at_most?: number;
}

/** In the order of the features; where several say the same of one, the one that says most. */
export function rulesOf(predicates: readonly Predicate[], names: readonly string[]): Rule[] {
  return names.flatMap((name, feature): Rule[] => {
    const own = predicates.filter((predicate) => predicate.feature === feature);
    const [equal] = own.filter(({ kind }) => kind === 'equals');
    if (equal !== undefined) return [{ feature: name, equals: equal.value }];
    const numbers = (wanted: Predicate['kind']) =>
      own.filter(({ kind }) => kind === wanted).map(({ value }) => Number(value));
    const [above, atMost] = [numbers('above'), numbers('at most')];
    if (own.length === 0) return [];
    return [
      {
        feature: name,
        ...(above.length > 0 && { above: Math.max(...above) }),
        ...(atMost.length > 0 && { at_most: Math.min(...atMost) }),
      },
    ];
  });
}

/** Such as `1.3 < petal width <= 1.8`; numbers have six digits. */
export function ruleText({ feature, equals, above, at_most: atMost }: Rule): string {
  if (equals !== undefined) return `${feature} = ${equals}`;
  const short = (value: number): string => String(Number(value.toPrecision(6)));
  if (above === undefined) return `${feature} <= ${short(atMost ?? NaN)}`;
  return atMost === undefined ? `${feature} > ${short(above)}` : `${short(above)} < ${feature} <= ${short(atMost)}`;
}
