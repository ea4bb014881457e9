/** Explains rows of requests with a method for samples of tables. */
import type { RowResult } from '../../handler.ts';
import { PredictionError } from '../../prediction-error.ts';
import type { Cell } from '../background/weighted-samples.ts';
import type { ExplainedHandler, Explainer } from '../explainer.ts';
import { ExplainRun } from '../run.ts';
import type { Table, TableRow } from './table.ts';

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

/** Rows one after another: each stops when its own client goes. */
export function tableExplainer({ handler, table, method }: TableExplainerParts): Explainer {
  return {
    async explain(rows, context) {
      const predictions = await handler.predict([...rows], context);
      const read = await table.read([...rows], context);
      const results: RowResult[] = [];
      for (const [index, prediction] of predictions.entries()) {
        const run = new ExplainRun(context.forRows([index]), method.name);
        results.push(await explainRow(read[index], { prediction, method, run }));
      }
      return results;
    },
  };
}

interface RowParts {
  readonly prediction: RowResult;
  readonly method: TableMethod;
  readonly run: ExplainRun;
}

async function explainRow(
  row: TableRow | Error | undefined,
  { prediction, method, run }: RowParts,
): Promise<RowResult> {
  if (prediction instanceof Error) return prediction;
  if (row === undefined || row instanceof Error) return row;
  const explanations: object[] = [];
  try {
    for (const sample of row.samples) {
      checkLength(sample, method.featureCount);
      explanations.push(await method.explain(sample, run));
    }
  } catch (error) {
    return error;
  }
  return { predictions: prediction, explanations: row.isBatch ? explanations : explanations[0] };
}

function checkLength({ length }: readonly Cell[], expected: number): void {
  if (length === expected) return;
  throw new PredictionError(`Expected samples of ${expected} features to explain, got ${length}`, 400);
}
