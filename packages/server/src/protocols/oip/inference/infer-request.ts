/** A request for an inference, as its bytes say it. */
import { badRequest, shown } from '../../bad-request.ts';
import type { NamedTensor } from '../../tensors/named-tensor.ts';
import { checkHead, inputProblem } from '../tensors/input-tensor.ts';
import { readJsonTensor } from '../tensors/json-tensor.ts';
import { isRecord } from '../../is-record.ts';
import { readFlag, readParameters, type Parameters } from './parameters.ts';
import { refuseSharedMemory, refuseTwice } from './refusals.ts';
import { readOutputs, type RequestedOutput } from './requested-outputs.ts';
import { MOST_TIMED_JSON_BYTES } from './read-timeout.ts';
import { readInferJson } from './read-json.ts';
import { readRaw } from '../tensors/raw-tensor.ts';

/** A request, read and checked. */
export interface InferRequest {
  /** Returned with the answer. */
  readonly id?: string;
  /** Of the request; handed to the handler. */
  readonly parameters: Parameters;
  /** In the client's order. */
  readonly inputs: readonly NamedTensor[];
  /** Undefined for all of them. */
  readonly outputs?: readonly RequestedOutput[];
  /** Whether outputs that say nothing of it are binary. */
  readonly isBinary: boolean;
}

/**
 * @param body JSON, and the data of binary inputs behind it
 * @param jsonBytes length of the JSON
 * @throws PredictionError 400 for what is no such request
 */
export function readInferRequest(body: Buffer, jsonBytes: number): InferRequest {
  const json = readInferJson(body.subarray(0, jsonBytes));
  if (!isRecord(json)) throw badRequest(`The request: expected a JSON object, got ${shown(json)}`);
  const { id, inputs, outputs } = json;
  const parameters = readParameters(json.parameters, 'The request');
  assertTimeoutIsSeen(parameters, jsonBytes);
  const isBinary = readFlag(parameters.binary_data_output, 'Parameter "binary_data_output"');
  return {
    ...(id !== undefined && { id: idOf(id) }),
    parameters,
    inputs: readInputs(inputs, body.subarray(jsonBytes)),
    ...(outputs !== undefined && { outputs: readOutputs(outputs, isBinary) }),
    isBinary,
  };
}

/** The daemon looks no further. */
function assertTimeoutIsSeen({ timeout }: Parameters, jsonBytes: number): void {
  if (timeout === undefined || jsonBytes <= MOST_TIMED_JSON_BYTES) return;
  const advice = 'Send tensors as binary data, which do not count';
  throw badRequest(
    `Parameter "timeout" is for requests with at most ${MOST_TIMED_JSON_BYTES} bytes of JSON. ${advice}`,
  );
}

/** The name that a client gives its request. @throws PredictionError 400 for what is no text and no number */
export function idOf(id: unknown): string {
  if (typeof id === 'string') return id;
  if (typeof id === 'number' || typeof id === 'bigint') return String(id);
  throw badRequest(`The request: expected a text as "id", got ${shown(id)}`);
}

function readInputs(given: unknown, binary: Buffer): NamedTensor[] {
  if (!Array.isArray(given)) throw badRequest(`The request: expected a list of "inputs", got ${shown(given)}`);
  let offset = 0;
  const inputs = given.map((input: unknown, index): NamedTensor => {
    if (!isRecord(input)) throw badRequest(`inputs[${index}]: expected an object, got ${shown(input)}`);
    const head = checkHead({ name: input.name, datatype: input.datatype, shape: input.shape }, `inputs[${index}]`);
    const parameters = readParameters(input.parameters, `Input "${head.name}"`);
    refuseSharedMemory(parameters);
    const size = parameters.binary_data_size;
    if (size === undefined) return { name: head.name, content: readJsonTensor(head, input.data) };
    if (input.data !== undefined) throw inputProblem(head, 'got both "data" and binary data');
    if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0) {
      throw inputProblem(head, `got the "binary_data_size" ${shown(size)}`);
    }
    if (size > binary.length - offset) {
      throw inputProblem(head, `which is said to have ${size} bytes; there are ${binary.length - offset}`);
    }
    offset += size;
    return { name: head.name, content: readRaw(head, binary.subarray(offset - size, offset)) };
  });
  const rest = binary.length - offset;
  if (rest > 0) throw badRequest(`The request has ${rest} bytes behind the data of its last binary input`);
  refuseTwice(inputs, 'Input');
  return inputs;
}
