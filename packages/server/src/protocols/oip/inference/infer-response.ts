/** The answer to an inference: JSON, and the data of binary outputs behind it. */
import { writeElements, writeRaw } from '../tensors/raw-tensor.ts';
import { isElements } from '../tensors/check-inputs.ts';
import { datatypeOf } from '../tensors/datatypes.ts';
import { textTensor, writeJsonData } from '../tensors/json-tensor.ts';
import type { Parameters } from './parameters.ts';
import { selectOutputs, type ResponseForm } from './select-outputs.ts';
import type { OutputTensor } from '../tensors/result-tensors.ts';
import { stringifyJson } from '@marserve/handlers/json';

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
  readonly outputs: readonly OutputTensor[];
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
  const members = [
    `"model_name":${JSON.stringify(modelName)},"model_version":${JSON.stringify(modelVersion)}`,
    ...(id === undefined ? [] : [`"id":${JSON.stringify(id)}`]),
    ...(Object.keys(parameters).length === 0 ? [] : [`"parameters":${stringifyJson(parameters)}`]),
    `"outputs":[${written.map(({ json }) => json).join(',')}]`,
  ];
  const json = Buffer.from(`{${members.join(',')}}`);
  const binary = written.flatMap(({ bytes }) => (bytes === undefined || bytes.byteLength === 0 ? [] : [bytes]));
  if (binary.length === 0) return { body: json };
  return { body: Buffer.concat([json, ...binary]), jsonBytes: json.length };
}

interface WrittenOutput {
  readonly json: string;
  /** Behind the JSON. */
  readonly bytes?: Uint8Array;
}

function writeOutput({ name, content }: OutputTensor, isBinary: boolean): WrittenOutput {
  const datatype = isElements(content) ? 'BYTES' : datatypeOf(content.type);
  const { shape } = content;
  const start = `{"name":${JSON.stringify(name)},"datatype":"${datatype}","shape":[${shape.join(',')}],`;
  if (isBinary) {
    const bytes = isElements(content) ? writeElements(content.elements) : writeRaw(content);
    return { json: `${start}"parameters":{"binary_data_size":${bytes.byteLength}}}`, bytes };
  }
  const tensor = isElements(content) ? textTensor(content) : content;
  return { json: `${start}"data":${writeJsonData({ name, datatype, shape }, tensor)}}` };
}
