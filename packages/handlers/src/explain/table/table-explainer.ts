/** Explains rows of requests with a method for samples of tables. */
import { PredictionError } from '../../prediction-error.ts';
import type { Cell } from '../background/weighted-samples.ts';
import type { ExplainedHandler, Explainer } from '../explainer.ts';
import { rowExplainer } from '../row-explainer.ts';
import type { ExplainRun } from '../run.ts';
import type { Table } from './table.ts';

/** A method for one sample. */
export interface TableMethod {
  /** As the model config has it. */
  readonly name: string;
  /** How many features a sample must have. */
  readonly featureCount: number;
  /** @returns JSON @throws Error why there is no explanation */
  explain(sample: readonly Cell[], run: ExplainRun): Promise<object>;
}

/** Whose predictions are explained, and how. */
export interface TableExplainerParts {
  /** Answers the rows themselves. */
  readonly handler: ExplainedHandler;
  /** Reads samples of rows. */
  readonly table: Pick<Table, 'read'>;
  /** Explains samples. */
  readonly method: TableMethod;
}

/** A sample of another number of features is the client's error. */
export function tableExplainer({ handler, table, method }: TableExplainerParts): Explainer {
  return rowExplainer({
    name: method.name,
    handler,
    read: (rows, context) => table.read(rows, context),
    async explain(sample, run) {
      if (sample.length === method.featureCount) return method.explain(sample, run);
      throw new PredictionError(
        `Expected samples of ${method.featureCount} features to explain, got ${sample.length}`,
        400,
      );
    },
  });
}
