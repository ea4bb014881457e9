/** A request of the protocol over REST, as JSON or as JSON with bytes behind it. */
import { stringifyJson } from '../json/stringify-json.ts';
import { datatypeOf } from '../tensor/datatypes.ts';
import { concatBytes, writeBytes } from '../tensor/tensor-bytes.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { isJsonType, writeJsonData } from './json-tensor.ts';
import type { InferRequest, Parameters, RequestedOutput } from './v2-client.ts';

/** Where the JSON ends in a body with bytes behind it. */
export const JSON_LENGTH_HEADER = 'inference-header-content-length';

/** What is sent. */
export interface EncodedRequest {
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** JSON, or JSON with bytes behind it. */
  readonly body: string | Uint8Array<ArrayBuffer>;
}

/** Whether JSON has no form for one of its inputs. */
export function needsBytes({ inputs }: InferRequest): boolean {
  return Object.values(inputs).some(({ type }) => !isJsonType(type));
}

/** @param isBinary whether tensors are bytes, in the answer, too @throws RangeError naming an input that is no tensor */
export function encodeRequest(request: InferRequest, isBinary: boolean): EncodedRequest {
  const parameters = isBinary ? { binary_data_output: true, ...request.parameters } : request.parameters;
  if (!isBinary) {
    const inputs = Object.entries(request.inputs).map(([name, input]) => jsonInput(name, input));
    return { headers: { 'content-type': 'application/json' }, body: textOf(request, parameters, inputs) };
  }
  const raws = Object.entries(request.inputs).map(([name, input]) => [name, rawOf(name, input)] as const);
  const inputs = raws.map(([name, raw]) =>
    inputText(name, request.inputs[name] as Tensor, `"parameters":{"binary_data_size":${raw.byteLength}}`),
  );
  const json = new TextEncoder().encode(textOf(request, parameters, inputs));
  const headers = { 'content-type': 'application/octet-stream', [JSON_LENGTH_HEADER]: String(json.byteLength) };
  return { headers, body: concatBytes([json, ...raws.map(([, raw]) => raw)]) };
}

function textOf(request: InferRequest, parameters: Parameters | undefined, inputs: readonly string[]): string {
  const { id, outputs } = request;
  const members = [
    ...(id === undefined ? [] : [`"id":${JSON.stringify(id)}`]),
    ...(parameters === undefined ? [] : [`"parameters":${stringifyJson(parameters)}`]),
    `"inputs":[${inputs.join(',')}]`,
    ...(outputs === undefined ? [] : [`"outputs":${stringifyJson(outputs.map(requestedOutput))}`]),
  ];
  return `{${members.join(',')}}`;
}

/** An output by its name alone, as an object. */
export function requestedOutput(output: string | RequestedOutput): RequestedOutput {
  return typeof output === 'string' ? { name: output } : output;
}

function jsonInput(name: string, input: Tensor): string {
  return inputText(name, input, `"data":${namingInput(name, () => writeJsonData(input))}`);
}

function rawOf(name: string, input: Tensor): Uint8Array {
  return namingInput(name, () => writeBytes(input));
}

function inputText(name: string, { type, shape }: Tensor, content: string): string {
  const datatype = namingInput(name, () => datatypeOf(type));
  return `{"name":${JSON.stringify(name)},"datatype":"${datatype}","shape":${JSON.stringify(shape)},${content}}`;
}

/** What is wrong with an input is said with its name. */
export function namingInput<T>(name: string, write: () => T): T {
  try {
    return write();
  } catch (error) {
    if (error instanceof RangeError) throw new RangeError(`Input "${name}": ${error.message}`, { cause: error });
    throw error;
  }
}
