/** What explainers of tables see of a model: samples of features in, scores out. */
import type { HandlerContext, Row } from '../../handler.ts';
import type { Cell } from '../background/weighted-samples.ts';
import type { TensorType } from '../../tensor/tensor.ts';
import type { RowItems } from '../row-explainer.ts';

/** A sample of a row. */
export interface TableSample {
  /** A value for each feature. */
  readonly cells: readonly Cell[];
  /** How its row came, where samples that are like it must come so, too. */
  readonly form?: RowForm;
}

/**
 * Rows of requests: a field with a list of values, or an object of them by the names of the features; or tensors, each with so
 * many of the features.
 */
export type RowForm =
  | { readonly kind: 'list' | 'object'; readonly field: string }
  | { readonly kind: 'tensors'; readonly tensors: readonly TensorForm[] };

/** A tensor of a row. */
export interface TensorForm {
  /** Name of the input. */
  readonly name: string;
  /** Of its elements. */
  readonly type: TensorType;
  /** How many features it has. */
  readonly width: number;
  /** Whether its only axis is that of the samples. */
  readonly isFlat: boolean;
}

/** The samples of a row. */
export type TableRow = RowItems<TableSample>;

/** The scores of several samples. */
export interface TableScores {
  /** Names of the outputs. */
  readonly names: readonly string[];
  /** [sample][output] */
  readonly values: readonly (readonly number[])[];
}

/** Gives the scores of samples. */
export interface TablePredictor {
  /**
   * Scores of samples that are like those of a row.
   * @param context of that row
   * @param form of that row; where it is not known, as the model config has it
   * @throws Error where the model has no scores for one of them
   */
  predict(samples: readonly (readonly Cell[])[], context: HandlerContext, form?: RowForm): Promise<TableScores>;
}

/** A model of tables, wherever it runs. */
export interface Table extends TablePredictor {
  /** Whether it is a predictor elsewhere: it may not be there yet when it is first asked, and takes several requests at a time. */
  readonly isRemote: boolean;
  /** Of its features, where it knows them. */
  readonly featureNames?: readonly string[] | undefined;
  /** How many features it takes, where it tells. */
  readonly featureCount?: number | undefined;
  /** Requests → samples; an Error for a row that is none. */
  read(rows: Row[], context: HandlerContext): Promise<(TableRow | Error)[]>;
}
