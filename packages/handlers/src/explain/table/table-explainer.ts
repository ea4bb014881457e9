/** Explains rows of requests with a method for samples of tables. */
import { PredictionError } from '../../prediction-error.ts';
import type { Cell } from '../background/weighted-samples.ts';
import type { ExplainedHandler, Explainer } from '../explainer.ts';
import { rowExplainer } from '../row-explainer.ts';
import type { ExplainRun } from '../run.ts';
import { wantsPicture } from '../image/wants-picture.ts';
import type { Table, TablePredictor, TableScores } from './table.ts';

/** A method for one sample. */
export interface TableMethod {
  /** As the model config has it. */
  readonly name: string;
  /** How many features a sample must have. */
  readonly featureCount: number;
  /** @param table gives the scores of samples that are like it @returns JSON @throws Error why there is no explanation */
  explain(sample: readonly Cell[], run: ExplainRun, table: TablePredictor): Promise<object>;
}

/** Whose predictions are explained, and how. */
export interface TableExplainerParts {
  /** Answers the rows themselves. */
  readonly handler: ExplainedHandler;
  /** Reads samples of rows. */
  readonly table: Table;
  /** Explains samples. */
  readonly method: TableMethod;
}

/** A sample of another number of features is the client's error. */
export function tableExplainer({ handler, table, method }: TableExplainerParts): Explainer {
  return rowExplainer({
    name: method.name,
    handler,
    read: (rows, context) => table.read(rows, context),
    async explain({ cells, form }, run) {
      refusePicture(run.context.getRequestHeader(0, 'accept'), method.name);
      if (cells.length !== method.featureCount) {
        throw new PredictionError(
          `Expected samples of ${method.featureCount} features to explain, got ${cells.length}`,
          400,
        );
      }
      return method.explain(cells, run, {
        predict: async (samples, context) => finite(await table.predict(samples, context, form)),
      });
    },
  });
}

/** @throws PredictionError for scores that are no numbers: nothing adds up to them */
export function finite(scores: TableScores): TableScores {
  for (const ofSample of scores.values) {
    const odd = ofSample.findIndex((score) => !Number.isFinite(score));
    if (odd < 0) continue;
    throw new PredictionError(
      `Expected finite numbers of the model to explain, got ${ofSample[odd]} as "${scores.names[odd]}" of a sample that is like this one`,
      400,
    );
  }
  return scores;
}

/** A client that takes pictures and nothing else. */
function refusePicture(accept: string | undefined, name: string): void {
  if (!wantsPicture(accept) || /\*\/\*|json/i.test(accept ?? '')) return;
  throw new PredictionError(`Expected a client that takes JSON: ${name} explains tables, and draws no picture`, 406);
}
