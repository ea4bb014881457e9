/** An answer of Triton's generate extension: its outputs are keys of one object. */
import { stringifyJson } from '@marserve/handlers/json';
import { type NamedTensor, isElements } from '../../tensors/named-tensor.ts';
import { countOf } from '../../tensors/shape.ts';
import type { InferResponse } from '../inference/infer-response.ts';
import { datatypeOf } from '../tensors/datatypes.ts';
import { textTensor, writeJsonData } from '../tensors/json-tensor.ts';

/** A single element is its value, several are a flat list. @throws PredictionError 400 for FP16, which JSON has not */
export function writeGenerateResponse({ modelName, modelVersion, id, parameters, outputs }: InferResponse): string {
  const members = [
    ...(id === undefined ? [] : [member('id', JSON.stringify(id))]),
    member('model_name', JSON.stringify(modelName)),
    member('model_version', JSON.stringify(modelVersion)),
    ...Object.entries(parameters).map(([name, value]) => member(name, stringifyJson(value))),
    ...outputs.map((output) => member(output.name, valueOf(output))),
  ];
  return `{${members.join(',')}}`;
}

function member(name: string, json: string): string {
  return `${JSON.stringify(name)}:${json}`;
}

function valueOf({ name, content }: NamedTensor): string {
  const tensor = isElements(content) ? textTensor(content) : content;
  const { shape } = tensor;
  const list = writeJsonData({ name, datatype: datatypeOf(tensor.type), shape }, tensor);
  return countOf(shape) === 1 ? list.slice(1, -1) : list;
}
