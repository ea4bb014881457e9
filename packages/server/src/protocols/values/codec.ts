/** What models of a server ask each other: instances or tensors, as they are; runs in the worker of the one that is asked. */
import { PredictionError } from '@marserve/handlers/prediction-error';
import { isTensor, isTensorType, tensorProblem } from '@marserve/handlers/tensor';
import { haveForms, isFloatTensor } from '@marserve/handlers/tensor-json';
import type { Row, RowResult, TensorSpec } from '@marserve/handlers';
import { badRequest } from '../bad-request.ts';
import { mergeOverrides, type Codec, type CodecModel, type DecodedRequest, type Encoded } from '../codec.ts';
import { isRecord } from '../is-record.ts';
import { plainResult } from '../plain-result.ts';
import { predictionLists } from '../prediction-lists.ts';
import { resultText } from '../result-text.ts';
import { rowOfInstance } from '../row-of-instance.ts';
import { checkInputs } from '../tensors/check-inputs.ts';
import { isElements, type NamedTensor } from '../tensors/named-tensor.ts';
import { requestRow } from '../tensors/request-row.ts';
import { resultTensors } from '../tensors/result-tensors.ts';
import { packValues } from './pack-values.ts';
import { unpackValues } from './unpack-values.ts';

/** What the answer needs to know of its question. */
interface Reply {
  /** The list of its results; undefined for tensors. */
  readonly key?: 'predictions' | 'explanations';
  /** Whether the result is no output of the model. */
  readonly isExplanation: boolean;
}

/** `{ instances }`, and `{ rows }` as handlers get them, are answered with `{ predictions }` or `{ explanations }`, `{ inputs }` with `{ outputs }`. */
export const valuesCodec: Codec = {
  decode({ operation, inputs: [input] }, model) {
    const payload = input && unpackValues(input.bytes);
    const isExplanation = operation === 'explain';
    if (isRecord(payload) && Array.isArray(payload.instances)) {
      const rows = payload.instances.map((instance) => rowFor(instance, model.tensorInputs));
      return { rows, reply: { key: isExplanation ? 'explanations' : 'predictions', isExplanation } satisfies Reply };
    }
    if (isRecord(payload) && Array.isArray(payload.rows)) {
      return {
        rows: payload.rows.map((row) => fieldsFor(row, model.tensorInputs)),
        reply: { key: 'predictions', isExplanation },
      };
    }
    if (isRecord(payload) && isRecord(payload.inputs)) return ofTensors(payload, model, isExplanation);
    throw badRequest('Expected { instances }, { rows } or { inputs } of tensors');
  },
  encode({ results, overrides, reply }, model) {
    const { status = 200 } = mergeOverrides(overrides);
    if (status >= 400) throw new PredictionError(resultText(results[0]), status);
    const { key } = reply as Reply;
    if (key !== undefined) return packed(predictionLists(key, results.map(plainValue)));
    return packed(outputsOf(results[0], reply as Reply, model));
  },
  /** An `AnswerPart`. */
  encodePart({ value, row, overrides: { status = 200 }, reply }, model) {
    if (status >= 400) throw new PredictionError(resultText(value), status);
    const { key } = reply as Reply;
    return packed(key === undefined ? outputsOf(value, reply as Reply, model) : { row, value: plainValue(value) });
  },
};

function outputsOf(result: RowResult, { isExplanation }: Reply, { signature }: CodecModel): { outputs: object } {
  const outputs = resultTensors(result, isExplanation ? { ...signature, outputs: [] } : signature);
  return { outputs: Object.fromEntries(outputs.map(({ name, content }) => [name, clientTensor(content)])) };
}

/** There is nothing to say beside the values. */
function packed(value: unknown): Encoded {
  return { meta: null, body: packValues(value) };
}

/** Of a handler that takes no tensors, and in forms that it does not take, they are lists, as they would be over a network. */
function rowFor(instance: unknown, specs: readonly TensorSpec[] = []): Row {
  return fieldsFor(rowOfInstance(instance), specs);
}

/** @throws PredictionError 400 for a row without fields */
function fieldsFor(row: unknown, specs: readonly TensorSpec[] = []): Row {
  if (!isRecord(row)) throw badRequest('Expected rows of fields');
  return isFit(row, specs) ? row : (plainRow(row) as Row);
}

function isFit(row: Row, specs: readonly TensorSpec[]): boolean {
  const [only] = specs;
  const { body } = row;
  if (only === undefined) return false;
  return isFloatTensor(body) ? haveForms({ [only.name]: body }, [only]) : haveForms(row, specs);
}

function plainRow(value: unknown): unknown {
  if (isTensor(value)) return plainResult(value);
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value;
  if (Array.isArray(value)) return value.some(isObject) ? value.map(plainRow) : value;
  return Object.fromEntries(Object.entries(value).map(([key, each]: [string, unknown]) => [key, plainRow(each)]));
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}

function ofTensors(
  { inputs, parameters }: Readonly<Record<string, unknown>>,
  model: CodecModel,
  isExplanation: boolean,
): DecodedRequest {
  const named = Object.entries(inputs as object).map(([name, value]) => namedTensor(name, value));
  checkInputs(named, model.signature, String);
  return {
    rows: [requestRow(named, model.signature)],
    keepsTensors: !isExplanation,
    reply: { isExplanation } satisfies Reply,
    ...(isRecord(parameters) && { parameters }),
  };
}

function namedTensor(name: string, value: unknown): NamedTensor {
  const { type, shape, data } = isRecord(value) ? value : {};
  if (type === 'bytes' && Array.isArray(shape) && Array.isArray(data) && data.every(isBuffer)) {
    return { name, content: { shape: shape as number[], elements: data } };
  }
  const problem = isTensor(value) && isTensorType(value.type) ? tensorProblem(value) : 'no tensor';
  if (problem === undefined && isTensor(value)) return { name, content: value };
  throw badRequest(`Input "${name}": expected a tensor, got ${problem}`);
}

function isBuffer(value: unknown): value is Buffer {
  return Buffer.isBuffer(value);
}

function plainValue(result: RowResult): unknown {
  if (result === undefined) throw new Error('the handler returned undefined for a row; use null for no value');
  return result instanceof Uint8Array ? result : plainResult(result);
}

/** As a client has them: elements that need not be text are `bytes`. */
function clientTensor(content: NamedTensor['content']): unknown {
  return isElements(content) ? { type: 'bytes', shape: content.shape, data: content.elements } : content;
}
