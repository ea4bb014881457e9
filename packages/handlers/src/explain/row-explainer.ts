/** Explains rows of requests, each with its prediction beside it. */
import type { HandlerContext, Row, RowResult } from '../handler.ts';
import { isPlainObject } from '../model-config.ts';
import { isTensor } from '../tensor/tensor.ts';
import { tensorToJson } from '../tensor/tensor-json.ts';
import { PredictionError } from '../prediction-error.ts';
import type { ExplainedHandler, Explainer } from './explainer.ts';
import { ExplainRun } from './run.ts';

/** What a row has to be explained. */
export interface RowItems<T> {
  /** One, or several where the row came with a batch axis. */
  readonly items: readonly T[];
  /** Whether it came so: its result is a list, too. */
  readonly isBatch: boolean;
}

/** Whose predictions are explained, and how. */
export interface RowExplainerParts<T> {
  /** The method, as the model config has it. */
  readonly name: string;
  /** Answers the rows themselves. */
  readonly handler: ExplainedHandler;
  /** Requests → what is explained of them; an Error for a row that cannot be. */
  read(rows: Row[], context: HandlerContext): Promise<(RowItems<T> | Error)[]>;
  /** JSON, or a picture in place of the row's whole result. @throws Error why there is no explanation */
  explain(item: T, run: ExplainRun): Promise<object>;
}

/** Rows one after another: each stops when its own client goes. */
export function rowExplainer<T>(parts: RowExplainerParts<T>): Explainer {
  return {
    async explain(rows, context) {
      const predictions = await parts.handler.predict([...rows], context);
      const read = await parts.read([...rows], context);
      const results: RowResult[] = [];
      for (const [index, prediction] of predictions.entries()) {
        const run = new ExplainRun(context.forRows([index]), `${parts.name}: explaining`);
        results.push(await explainRow(parts, { row: read[index], prediction, run }));
      }
      return results;
    },
  };
}

interface ReadRow<T> {
  readonly row: RowItems<T> | Error | undefined;
  readonly prediction: RowResult;
  readonly run: ExplainRun;
}

async function explainRow<T>(parts: RowExplainerParts<T>, { row, prediction, run }: ReadRow<T>): Promise<RowResult> {
  if (prediction instanceof Error) return prediction;
  if (row === undefined || row instanceof Error) return row;
  const explanations: object[] = [];
  try {
    for (const item of row.items) explanations.push(await parts.explain(item, run));
  } catch (error) {
    return error;
  }
  const [first] = explanations;
  if (first instanceof Uint8Array) return explanations.length === 1 ? first : severalPictures(explanations.length);
  return { predictions: withoutTensors(prediction), explanations: row.isBatch ? explanations : first };
}

function severalPictures(count: number): PredictionError {
  return new PredictionError(
    `Expected one image, of which a picture is the whole answer, got ${count}: accept JSON`,
    406,
  );
}

/** Beside an explanation, tensors are lists. */
function withoutTensors(prediction: RowResult): RowResult {
  if (isTensor(prediction)) return tensorToJson(prediction);
  if (!isPlainObject(prediction) || !Object.values(prediction).some(isTensor)) return prediction;
  return Object.fromEntries(
    Object.entries(prediction).map(([name, value]) => [name, isTensor(value) ? tensorToJson(value) : value]),
  );
}
