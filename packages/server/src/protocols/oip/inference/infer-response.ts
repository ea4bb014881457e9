/** The answer to an inference: JSON, and the data of binary outputs behind it. */
import { writeElements, writeRaw } from '../tensors/raw-tensor.ts';
import { datatypeOf } from '../tensors/datatypes.ts';
import { textTensor, writeJsonData } from '../tensors/json-tensor.ts';
import type { Parameters } from './parameters.ts';
import { selectOutputs, type ResponseForm } from './select-outputs.ts';
import { stringifyJson } from '@marserve/handlers/json';
import { type NamedTensor, isElements } from '../../tensors/named-tensor.ts';

/** An answer before it is written. */
export interface InferResponse {
  /** Name of the model. */
  readonly modelName: string;
  /** The version that answered. */
  readonly modelVersion: string;
  /** Of the request. */
  readonly id?: string;
  /** That the handler set. */
  readonly parameters: Parameters;
  /** All that the handler gave; the form says which are written. */
  readonly outputs: readonly NamedTensor[];
}

/** The bytes of an answer. */
export interface WrittenResponse {
  /** JSON, and the binary data behind it. */
  readonly body: Buffer;
  /** Length of the JSON; undefined when there is nothing behind it. */
  readonly jsonBytes?: number;
}

/** @throws PredictionError 400 for an output that there is not, and one that JSON cannot hold */
export function writeInferResponse(response: InferResponse, form: ResponseForm): WrittenResponse {
  const { modelName, modelVersion, id, parameters } = response;
  const written = selectOutputs(response.outputs, form).map(({ output, isBinary }) => writeOutput(output, isBinary));
  let json = `{"model_name":${quoted(modelName)},"model_version":${quoted(modelVersion)}`;
  if (id !== undefined) json += `,"id":${JSON.stringify(id)}`;
  if (Object.keys(parameters).length > 0) json += `,"parameters":${stringifyJson(parameters)}`;
  json += ',"outputs":[';
  for (const [index, output] of written.entries()) json += index === 0 ? output.json : `,${output.json}`;
  return withBinary(`${json}]}`, written);
}

function withBinary(json: string, written: readonly WrittenOutput[]): WrittenResponse {
  let binaryBytes = 0;
  for (const { bytes } of written) binaryBytes += bytes?.byteLength ?? 0;
  if (binaryBytes === 0) return { body: Buffer.from(json) };
  const jsonBytes = Buffer.byteLength(json);
  const body = Buffer.allocUnsafe(jsonBytes + binaryBytes);
  body.write(json);
  let offset = jsonBytes;
  for (const { bytes } of written) {
    if (bytes === undefined) continue;
    body.set(bytes, offset);
    offset += bytes.byteLength;
  }
  return { body, jsonBytes };
}

/** Names as JSON: they are few, and those of one model come again and again. */
const names = new Map<string, string>();
/** Names of outputs may be of the handler's making. */
const MOST_NAMES = 1000;

function quoted(name: string): string {
  const known = names.get(name);
  if (known !== undefined) return known;
  const json = JSON.stringify(name);
  if (names.size < MOST_NAMES) names.set(name, json);
  return json;
}

interface WrittenOutput {
  readonly json: string;
  /** Behind the JSON. */
  readonly bytes?: Uint8Array;
}

function writeOutput({ name, content }: NamedTensor, isBinary: boolean): WrittenOutput {
  const datatype = isElements(content) ? 'BYTES' : datatypeOf(content.type);
  const { shape } = content;
  const start = `{"name":${quoted(name)},"datatype":"${datatype}","shape":[${shape.join(',')}],`;
  if (isBinary) {
    const bytes = isElements(content) ? writeElements(content.elements) : writeRaw(content);
    return { json: `${start}"parameters":{"binary_data_size":${bytes.byteLength}}}`, bytes };
  }
  const tensor = isElements(content) ? textTensor(content) : content;
  return { json: `${start}"data":${writeJsonData({ name, datatype, shape }, tensor)}}` };
}
