/** ModelInferResponse. */
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { type NamedTensor, isElements } from '../../tensors/named-tensor.ts';
import { lengthDelimited } from '../../grpc/length-delimited.ts';
import type { InferResponse } from '../inference/infer-response.ts';
import { selectOutputs, type ResponseForm } from '../inference/select-outputs.ts';
import { datatypeOf } from '../tensors/datatypes.ts';
import { writeElements, writeRaw } from '../tensors/raw-tensor.ts';
import { textField } from '../../grpc/text-field.ts';
import { writeParameters } from './parameter-messages.ts';
import { writeContents } from './write-contents.ts';

/**
 * Outputs are raw; to a request with typed contents they are in both forms, since some clients that send typed contents
 * look for typed ones, and others for raw ones.
 * @throws PredictionError 400 for an output that there is not
 */
export function writeInferResponseMessage(response: InferResponse, form: ResponseForm): Buffer {
  const { modelName, modelVersion, id, parameters } = response;
  const outputs = selectOutputs(response.outputs, form).map(({ output }) => output);
  return Buffer.concat([
    textField(1, modelName),
    textField(2, modelVersion),
    ...(id === undefined ? [] : [textField(3, id)]),
    ...writeParameters(4, parameters),
    ...outputs.flatMap((output) => lengthDelimited(5, writeOutput(output, form.isBinary))),
    ...outputs.flatMap(({ content }) => lengthDelimited(6, [rawContents(content)])),
  ]);
}

function writeOutput({ name, content }: NamedTensor, isRaw: boolean): Uint8Array[] {
  const datatype = isElements(content) ? 'BYTES' : datatypeOf(content.type);
  const contents = isRaw ? undefined : writeContents(content);
  const shape = new BinaryWriter().tag(3, WireType.LengthDelimited).fork();
  for (const size of content.shape) shape.int64(size);
  const head = [textField(1, name), textField(2, datatype), shape.join().finish()];
  return contents === undefined ? head : [...head, ...lengthDelimited(5, contents)];
}

function rawContents(content: NamedTensor['content']): Uint8Array {
  return isElements(content) ? writeElements(content.elements) : writeRaw(content);
}
