/** What a handler that knows nothing of Seldon's protocol is given of it, and what its results become: a model, and nothing else. */
import type { Row, RowResult, TensorSpec } from '@marserve/handlers';
import { ExperimentCall } from '@marserve/handlers/experiment';
import { PredictionError } from '@marserve/handlers/prediction-error';
import {
  payloadOf,
  replyMessage,
  type SeldonMessage,
  type SeldonMethod,
  type UnitName,
} from '@marserve/handlers/component';
import { isTensor } from '@marserve/handlers/tensor';
import { tensorFromJson } from '@marserve/handlers/tensor-json';
import { badRequest, shown } from '../bad-request.ts';
import type { CodecModel } from '../codec.ts';
import { isRecord } from '../is-record.ts';
import { plainResult } from '../plain-result.ts';
import { requestRow } from '../tensors/request-row.ts';

/** What was asked. */
export interface SeldonRequest {
  /** Which method of a component. */
  readonly method: SeldonMethod;
  /** The body; undefined for a question. */
  readonly message: unknown;
  /** The unit of a graph that asks; undefined for a client. */
  readonly unit?: UnitName | undefined;
}

/** The rows of a request; none where the handler need not be asked. @throws PredictionError 400 for what is no message, 501 for what only components have */
export function rowsOf({ method, message }: SeldonRequest, model: CodecModel): Row[] {
  if (method === 'send-feedback' && !isRecord(message))
    throw badRequest(`Invalid request: expected a feedback, got ${shown(message)}`);
  if (method === 'send-feedback' && model.takesExperimentCalls === true)
    return [{ body: new ExperimentCall('feedback', message) }];
  if (ANSWERED.has(method)) return [];
  if (method !== 'predict' && method !== 'predictions') {
    throw new PredictionError(
      `Model "${model.name}" is no component of Seldon and has no ${method}; it has predict`,
      501,
    );
  }
  return [rowOf(message, model)];
}

/** What is answered without the handler. */
const ANSWERED: ReadonlySet<SeldonMethod> = new Set<SeldonMethod>([
  'health-status',
  'metadata',
  'graph-metadata',
  'send-feedback',
]);

/** `data` is the model's input where it has one; a handler that declares none gets it as nested lists. */
function rowOf(message: unknown, { signature }: CodecModel): Row {
  const { kind, value } = payloadOf(message);
  const [only, ...others] = signature.inputs;
  if (kind !== 'data' || only === undefined || others.length > 0) return { data: value };
  return requestRow([{ name: only.name, content: tensorFromJson(value, only) }], signature);
}

/** @param results of the rows that `rowsOf` made @throws Error for a result that is none */
export function replyOf(
  { method, message, unit }: SeldonRequest,
  results: readonly RowResult[],
  model: CodecModel,
): unknown {
  const requestPath = { [unit?.name ?? model.name]: unit?.image ?? `${model.name}:${model.version}` };
  if (method === 'metadata') return metadataOf(model);
  if (method === 'graph-metadata') return graphMetadataOf(model);
  if (method === 'health-status') return replyMessage('healthy', {}, { requestPath });
  const request = (message ?? {}) as SeldonMessage;
  if (method === 'send-feedback') return replyMessage([], { data: { ndarray: [] } }, { requestPath });
  const value = valueOf(results[0], model);
  const table = classTable(value);
  if (table !== undefined) return replyMessage(table.rows, request, { names: table.names, requestPath });
  return replyMessage(value, request, { requestPath });
}

/** A text, bytes, lists and tensors are themselves; of several outputs an object with all of them. */
function valueOf(result: RowResult, { signature }: CodecModel): unknown {
  if (result === undefined) throw new Error('the handler returned undefined for this row; use null for no value');
  if (isTensor(result)) return result;
  const [output, ...others] = signature.outputs;
  const isOne = output !== undefined && others.length === 0;
  if (isOne && isRecord(result) && Object.hasOwn(result, output.name)) return listed(result[output.name]);
  return listed(plainResult(result));
}

/** A value alone is one in a list. */
function listed(value: unknown): unknown {
  return (typeof value === 'object' && value !== null) || typeof value === 'string' ? value : [value];
}

interface ClassTable {
  readonly names: readonly string[];
  readonly rows: readonly (readonly number[])[];
}

/** What classifiers give, `{label, probabilities}` or a list of these, as numbers in columns. */
function classTable(value: unknown): ClassTable | undefined {
  const scores = (Array.isArray(value) ? value : [value]).map(scoresOf);
  const names = Object.keys(scores[0] ?? {});
  const isTable =
    names.length > 0 && scores.every((each) => each !== undefined && Object.keys(each).length === names.length);
  if (!isTable) return undefined;
  return { names, rows: scores.map((each) => names.map((name) => each?.[name] ?? NaN)) };
}

function scoresOf(value: unknown): Readonly<Record<string, number>> | undefined {
  const scores = isRecord(value) ? (value['probabilities'] ?? value['scores']) : undefined;
  const isScores = isRecord(scores) && Object.values(scores).every((score) => typeof score === 'number');
  return isScores ? (scores as Record<string, number>) : undefined;
}

function graphMetadataOf(model: CodecModel): unknown {
  const { name } = model;
  const own = metadataOf(model);
  return { name, models: { [name]: own }, graphinputs: own['inputs'], graphoutputs: own['outputs'] };
}

function metadataOf({ name, version, signature: { inputs, outputs } }: CodecModel): Readonly<Record<string, unknown>> {
  return {
    name,
    versions: [version],
    platform: 'onnxruntime',
    inputs: inputs.map(toArray),
    outputs: outputs.map(toArray),
    custom: {},
  };
}

function toArray({ name, shape }: TensorSpec): unknown {
  const sizes = shape.map((size) => (typeof size === 'string' ? -1 : size));
  return { messagetype: 'tensor', schema: { names: [name], shape: sizes } };
}
