/** ModelInferRequest and ModelInferResponse (protocols.md 2.4); tensors are sent as raw contents. */
import type { ModelRef } from '../client-options.ts';
import { modelOf } from '../rest/model-path.ts';
import { datatypeOf, tensorTypeOf } from '../tensor/datatypes.ts';
import { concatBytes, readBytes, writeBytes } from '../tensor/tensor-bytes.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { readElements } from '../protobuf/elements.ts';
import { namingInput, requestedOutput } from '../v2/infer-request.ts';
import type { InferRequest, InferResponse, RequestedOutput } from '../v2/v2-client.ts';
import { CONTENTS_FIELDS } from './contents.ts';
import {
  bytesField,
  bytesIn,
  integersField,
  integersIn,
  readFields,
  textField,
  textIn,
  type Fields,
} from '../protobuf/fields.ts';
import { parametersField, parametersIn } from './parameters.ts';

/** @throws RangeError naming an input that is no tensor */
export function writeInferRequest(model: ModelRef, request: InferRequest): Uint8Array<ArrayBuffer> {
  const { name, version = '' } = modelOf(model);
  const inputs = Object.entries(request.inputs);
  return concatBytes([
    ...textField(1, name),
    ...textField(2, version),
    ...textField(3, request.id ?? ''),
    ...parametersField(4, request.parameters),
    ...inputs.flatMap(([input, tensor]) => bytesField(5, writeHead(input, tensor))),
    ...(request.outputs ?? []).flatMap((output) => bytesField(6, writeOutput(requestedOutput(output)))),
    ...inputs.flatMap(([input, tensor]) =>
      bytesField(
        7,
        namingInput(input, () => writeBytes(tensor)),
      ),
    ),
  ]);
}

function writeHead(name: string, { type, shape }: Tensor): Uint8Array {
  const datatype = namingInput(name, () => datatypeOf(type));
  return concatBytes([...textField(1, name), ...textField(2, datatype), ...integersField(3, shape)]);
}

function writeOutput({ name, parameters }: RequestedOutput): Uint8Array {
  return concatBytes([...textField(1, name), ...parametersField(2, parameters)]);
}

/** Raw contents where there are any, else typed ones. @throws RangeError for what is no such message */
export function readInferResponse(message: Uint8Array): InferResponse {
  const fields = readFields(message);
  const [version, id] = [textIn(fields, 2), textIn(fields, 3)];
  const raws = bytesIn(fields, 6);
  const outputs = bytesIn(fields, 5).map((output, index) => readOutput(readFields(output), raws[index]));
  return {
    modelName: textIn(fields, 1),
    ...(version !== '' && { modelVersion: version }),
    ...(id !== '' && { id }),
    parameters: parametersIn(fields, 4),
    outputs: Object.fromEntries(outputs),
  };
}

function readOutput(fields: Fields, raw: Uint8Array | undefined): readonly [string, Tensor] {
  const head = { type: tensorTypeOf(textIn(fields, 2)), shape: integersIn(fields, 3).map(Number) };
  if (raw !== undefined) return [textIn(fields, 1), readBytes(head, raw)];
  const contents = readFields(bytesIn(fields, 5).at(-1) ?? new Uint8Array());
  return [textIn(fields, 1), readElements(head, contents, CONTENTS_FIELDS)];
}
