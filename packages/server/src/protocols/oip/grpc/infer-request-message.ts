/** ModelInferRequest, as the worker reads it: raw contents stay where they are in the bytes that came. */
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import { PredictionError } from '@marserve/handlers/prediction-error';
import { badRequest } from '../../bad-request.ts';
import type { NamedTensor } from '../../tensors/named-tensor.ts';
import { asBuffer } from '../../as-buffer.ts';
import { visitFields } from '@marserve/client/protobuf';
import type { InferRequest } from '../inference/infer-request.ts';
import { readParameters, type Parameters } from '../inference/parameters.ts';
import { refuseSharedMemory, refuseTwice } from '../inference/refusals.ts';
import { readOutputs } from '../inference/requested-outputs.ts';
import { checkHead, inputProblem } from '../tensors/input-tensor.ts';
import { readRaw } from '../tensors/raw-tensor.ts';
import { EMPTY_FINAL_RESPONSE } from './stream-parameters.ts';
import { readParameterEntries } from './parameter-messages.ts';
import { readContents } from './read-contents.ts';

/** `isBinary` for one with raw contents. @throws PredictionError 400 for what is no such request */
export function readInferRequestMessage(message: Uint8Array): InferRequest {
  try {
    return toRequest(message);
  } catch (error) {
    if (error instanceof PredictionError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw badRequest(`The message is no ModelInferRequest: ${reason}`);
  }
}

function toRequest(message: Uint8Array): InferRequest {
  const { id, parameters, inputs, outputs, raws } = readParts(message);
  const isBinary = raws.length > 0;
  if (isBinary && raws.length !== inputs.length) {
    throw badRequest(`The request: expected raw_input_contents for ${inputs.length} inputs, got ${raws.length}`);
  }
  const read = inputs.map((input, index) => readInput(input, { place: `inputs[${index}]`, raw: raws[index] }));
  refuseTwice(read, 'Input');
  return {
    ...(id !== '' && { id }),
    parameters: readParameters(withoutStreamFlag(readParameterEntries(parameters)), 'The request'),
    inputs: read,
    ...(outputs.length > 0 && { outputs: readOutputs(outputs.map(readOutput), isBinary) }),
    isBinary,
  };
}

/** It is about the stream that the request comes in, and none of the handler's business. */
function withoutStreamFlag(parameters: Parameters): Parameters {
  const { [EMPTY_FINAL_RESPONSE]: _, ...others } = parameters;
  return others;
}

/** The fields of a request; what is in them is still bytes. */
interface RequestParts {
  id: string;
  readonly parameters: Uint8Array[];
  readonly inputs: Uint8Array[];
  readonly outputs: Uint8Array[];
  readonly raws: Uint8Array[];
}

function readParts(message: Uint8Array): RequestParts {
  const parts: RequestParts = { id: '', parameters: [], inputs: [], outputs: [], raws: [] };
  const lists = new Map([
    [4, parts.parameters],
    [5, parts.inputs],
    [6, parts.outputs],
    [7, parts.raws],
  ]);
  visitFields(message, (field, type, reader) => {
    if (type !== WireType.LengthDelimited) return;
    if (field === 3) parts.id = reader.string();
    else lists.get(field)?.push(reader.bytes());
  });
  return parts;
}

interface InputPlace {
  readonly place: string;
  /** Undefined in a request with typed contents. */
  readonly raw: Uint8Array | undefined;
}

function readInput(message: Uint8Array, { place, raw }: InputPlace): NamedTensor {
  const given = { name: '', datatype: '', shape: [] as number[] };
  const [parameters, contents]: [Uint8Array[], Uint8Array[]] = [[], []];
  visitFields(message, (field, type, reader) => {
    if (field === 3) readSizes(given.shape, type, reader);
    if (type !== WireType.LengthDelimited) return;
    if (field === 1) given.name = reader.string();
    else if (field === 2) given.datatype = reader.string();
    else if (field === 4) parameters.push(reader.bytes());
    else if (field === 5) contents.push(reader.bytes());
  });
  const head = checkHead(given, place);
  refuseSharedMemory(readParameters(readParameterEntries(parameters), `Input "${head.name}"`));
  if (raw === undefined) return { name: head.name, content: readContents(head, contents) };
  if (contents.length === 0) return { name: head.name, content: readRaw(head, asBuffer(raw)) };
  throw inputProblem(head, 'got both contents and raw_input_contents');
}

/** Packed or one by one. */
function readSizes(sizes: number[], type: WireType, reader: BinaryReader): void {
  if (type === WireType.Varint) sizes.push(Number(reader.int64()));
  if (type !== WireType.LengthDelimited) return;
  const packed = new BinaryReader(reader.bytes());
  while (packed.pos < packed.len) sizes.push(Number(packed.int64()));
}

function readOutput(message: Uint8Array): { readonly name: string; readonly parameters: unknown } {
  let name = '';
  const parameters: Uint8Array[] = [];
  visitFields(message, (field, type, reader) => {
    if (type !== WireType.LengthDelimited) return;
    if (field === 1) name = reader.string();
    else if (field === 2) parameters.push(reader.bytes());
  });
  return { name, parameters: readParameterEntries(parameters) };
}
