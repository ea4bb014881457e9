/** A request of Triton's generate extension: its keys are inputs and parameters. */
import type { ModelSignature, TensorSpec } from '@marserve/handlers';
import { nestedShape } from '@marserve/handlers/tensor-json';
import { badRequest, shown } from '../../bad-request.ts';
import type { NamedTensor } from '../../tensors/named-tensor.ts';
import { isRecord } from '../../is-record.ts';
import { idOf, type InferRequest } from '../inference/infer-request.ts';
import { readParameters } from '../inference/parameters.ts';
import { readJson } from '../inference/read-json.ts';
import { datatypeOf, type Datatype } from '../tensors/datatypes.ts';
import { readJsonTensor } from '../tensors/json-tensor.ts';

/**
 * What has the name of an input is that input, within `parameters` as well; everything else is a parameter. For a handler that does
 * not say what it takes, all keys but those in `parameters` are inputs.
 * @throws PredictionError 400 for what is no such request
 */
export function readGenerateRequest(body: Buffer, { inputs: specs }: ModelSignature): InferRequest {
  const json = readJson(body);
  if (!isRecord(json)) throw badRequest(`The request: expected a JSON object, got ${shown(json)}`);
  const { id, parameters: nested = {}, ...own } = json;
  if (!isRecord(nested)) throw badRequest(`The request: expected an object as "parameters", got ${shown(nested)}`);
  const twice = Object.keys(own).find((name) => Object.hasOwn(nested, name));
  if (twice !== undefined) throw badRequest(`The request: "${twice}" is there twice, also in "parameters"`);
  const inputs: NamedTensor[] = [];
  const others: Record<string, unknown> = {};
  for (const [name, value] of [...Object.entries(own), ...Object.entries(nested)]) {
    const spec = specs.find((each) => each.name === name);
    if (spec !== undefined) inputs.push(inputOf(name, value, spec));
    else if (specs.length === 0 && Object.hasOwn(own, name)) inputs.push(inputOf(name, value));
    else Object.defineProperty(others, name, { value, enumerable: true });
  }
  const parameters = readParameters(others, 'The request');
  return { ...(id !== undefined && { id: idOf(id) }), parameters, inputs, isBinary: false };
}

/** A value, or lists of them; axes that the model has in front of those are of size 1. */
function inputOf(name: string, value: unknown, spec?: TensorSpec): NamedTensor {
  const datatype = spec === undefined ? kindOf(name, value) : datatypeOf(spec.type);
  const nested = nestedShape(value);
  const rank = spec?.shape.length ?? Math.max(1, nested.length);
  const shape = [...Array<number>(Math.max(0, rank - nested.length)).fill(1), ...nested];
  const data = Array.isArray(value) ? value.flat(Infinity) : [value];
  return { name, content: readJsonTensor({ name, datatype, shape }, data) };
}

const KINDS: Readonly<Partial<Record<string, Datatype>>> = {
  string: 'BYTES',
  number: 'FP64',
  bigint: 'INT64',
  boolean: 'BOOL',
};

/** By the first of its elements. */
function kindOf(name: string, value: unknown): Datatype {
  let first = value;
  while (Array.isArray(first)) first = first[0] as unknown;
  const kind = KINDS[typeof first];
  if (kind !== undefined) return kind;
  throw badRequest(`"${name}": expected a text, number or boolean, or lists of them, got ${shown(value)}`);
}
