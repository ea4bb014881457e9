/** The rows of a batch by the request that they are of, and results for them. */
import type { NamedTensors, Tensor } from '@marserve/client';
import { keepsTensors } from '../context/kept-tensors.ts';
import { requestOfRow } from '../context/request-of-row.ts';
import type { HandlerContext, Row, RowResult } from '../handler.ts';
import { PredictionError } from '../prediction-error.ts';
import { isPlainObject } from '../model-config.ts';
import { isTensor } from '../tensor/tensor.ts';
import { fieldsOfTensors, rowsOfTensors } from './convert.ts';
import type { PredictorInputs } from './payload.ts';
import { headersOfRow } from './headers-of-row.ts';

/** A request, whose rows go to the predictor together. */
export interface TransformerRequest {
  /** Places of its rows in the batch. */
  readonly places: readonly number[];
  /** Its rows. */
  readonly rows: readonly Row[];
  /** Whether its client sent tensors. */
  readonly isOfTensors: boolean;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** Sets a header of the answer. */
  readonly setHeader: (name: string, value: string) => void;
  /** Aborts when nobody waits for the answer; made when it is first looked at, which takes as long as a small question. */
  readonly signal: AbortSignal;
  /** What its protocol calls parameters. */
  readonly parameters: Readonly<Record<string, unknown>>;
}

/** The requests of a batch, in the order of their first rows. */
export function requestsOf(rows: readonly Row[], context: HandlerContext): TransformerRequest[] {
  const places = new Map<object, number[]>();
  rows.forEach((_, row) => {
    const request = requestOfRow(context, row);
    const known = places.get(request);
    if (known === undefined) places.set(request, [row]);
    else known.push(row);
  });
  return [...places.values()].map((group) => {
    const [first = 0] = group;
    return {
      places: group,
      rows: group.map((row) => rows[row] as Row),
      isOfTensors:
        group.every((row) => Object.values(rows[row] ?? {}).every(isInput)) &&
        (keepsTensors(context, first) || group.some((row) => Object.values(rows[row] ?? {}).some(isTensor))),
      headers: headersOfRow(context, first),
      setHeader: (name, value) => context.setResponseHeader(first, name, value),
      get signal() {
        return context.getSignal(first);
      },
      parameters: context.getRequestParameters(first),
    };
  });
}

/** BYTES that are no text are bytes. */
function isInput(value: unknown): boolean {
  return isTensor(value) || value instanceof Uint8Array;
}

/** What `preprocess` gets. @param takesTensors whether the predictor does */
export function payloadOf(
  { rows, isOfTensors, parameters }: TransformerRequest,
  takesTensors: boolean,
): PredictorInputs {
  const [row] = rows;
  if (!isOfTensors || row === undefined) return { instances: rows.map(instanceOf) };
  const inputs = Object.fromEntries(Object.entries(row).map(([name, value]) => [name, tensorOf(value)]));
  if (!takesTensors) return { instances: rowsOfTensors(inputs) };
  return { inputs, parameters: parameters as Record<string, string> };
}

function tensorOf(value: unknown): Tensor {
  if (isTensor(value)) return value;
  return { type: 'bytes', shape: [1], data: [value as Uint8Array] };
}

/** A row that has nothing but a body is that. */
function instanceOf(row: Row): unknown {
  const keys = Object.keys(row);
  return keys.length === 1 && keys[0] === 'body' ? row.body : row;
}

/**
 * A result for each row of a request, of what `postprocess` gave.
 * @throws PredictionError 502 for other than one for each row
 */
export function resultsOf({ rows, isOfTensors }: TransformerRequest, value: unknown): RowResult[] {
  if (isPlainObject(value) && isNamedTensors(value.outputs)) return ofTensors(value.outputs, { rows, isOfTensors });
  const explained = isPlainObject(value) && Array.isArray(value.predictions) && Array.isArray(value.explanations);
  if (explained && !isOfTensors) return ofExplanations(value, rows.length);
  const list = isPlainObject(value) && 'predictions' in value ? value.predictions : value;
  if (isOfTensors) return [list];
  if (Array.isArray(list) && list.length === rows.length) return list as RowResult[];
  if (rows.length === 1 && list === value) return [value];
  const got = Array.isArray(list) ? `${list.length} predictions` : 'no list of predictions';
  throw new PredictionError(
    `Expected ${rows.length} predictions of the predictor, one for each instance, got ${got}`,
    502,
  );
}

function ofTensors(outputs: NamedTensors, { rows, isOfTensors }: Pick<TransformerRequest, 'rows' | 'isOfTensors'>) {
  if (isOfTensors) return [fieldsOfTensors(outputs)];
  const results = rowsOfTensors(outputs, 502);
  if (results.length === rows.length) return results;
  throw new PredictionError(`The predictor gave outputs of ${results.length} rows for ${rows.length} instances`, 502);
}

function ofExplanations(value: Readonly<Record<string, unknown>>, count: number): RowResult[] {
  const [predictions, explanations] = [value.predictions as unknown[], value.explanations as unknown[]];
  if (explanations.length !== count) {
    throw new PredictionError(`Expected ${count} explanations of the predictor, got ${explanations.length}`, 502);
  }
  return explanations.map((explanation, row) => ({ predictions: predictions[row] ?? null, explanations: explanation }));
}

/** Handlers have none; predictors may give one. */
function isBytesTensor(value: unknown): boolean {
  return isPlainObject(value) && value.type === 'bytes' && Array.isArray(value.data) && Array.isArray(value.shape);
}

function isNamedTensors(value: unknown): value is NamedTensors {
  return isPlainObject(value) && Object.values(value).every((each) => isTensor(each) || isBytesTensor(each));
}
