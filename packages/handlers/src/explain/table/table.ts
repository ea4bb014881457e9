/** What explainers of tables see of a model: samples of features in, scores out. */
import type { HandlerContext, Row } from '../../handler.ts';
import type { Cell } from '../background/weighted-samples.ts';
import type { RowItems } from '../row-explainer.ts';

/** The samples of a row. */
export type TableRow = RowItems<readonly Cell[]>;

/** The scores of several samples. */
export interface TableScores {
  /** Names of the outputs. */
  readonly names: readonly string[];
  /** [sample][output] */
  readonly values: readonly (readonly number[])[];
}

/** A model of tables, wherever it runs. */
export interface Table {
  /** Of its features, where it knows them. */
  readonly featureNames?: readonly string[] | undefined;
  /** How many features it takes, where it tells. */
  readonly featureCount?: number | undefined;
  /** Requests → samples; an Error for a row that is none. */
  read(rows: Row[], context: HandlerContext): Promise<(TableRow | Error)[]>;
  /**
   * Scores of samples that are like those of a row.
   * @param context of that row
   * @throws Error where the model has no scores for one of them
   */
  predict(samples: readonly (readonly Cell[])[], context: HandlerContext): Promise<TableScores>;
}
