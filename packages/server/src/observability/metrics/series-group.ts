/** Series that come one by one and go together. */
import type { LabelValues, MetricFamily, MetricKind, SeriesOfKind } from './metric-family.ts';

/** Series of several families, such as those of a model; they leave when it does. */
export class SeriesGroup {
  readonly #removals: (() => void)[] = [];

  /** A series of the family, which the group removes; `onRemoved` is called after that. */
  open<K extends MetricKind, L extends string>(
    family: MetricFamily<K, L>,
    labels: LabelValues<L>,
    onRemoved?: () => void,
  ): SeriesOfKind[K] {
    this.#removals.push(() => {
      family.remove(labels);
      onRemoved?.();
    });
    return family.series(labels);
  }

  /** Removes every series. */
  close(): void {
    for (const remove of this.#removals.splice(0)) remove();
  }
}
