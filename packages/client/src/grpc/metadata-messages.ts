/** Answers about servers and models. */
import type { ModelMetadata, RepositoryModel, ServerMetadata, TensorMetadata } from '../v2/v2-client.ts';
import { bytesIn, integersIn, readFields, textIn, textsIn } from '../protobuf/fields.ts';

/** ServerMetadataResponse. */
export function readServerMetadata(message: Uint8Array): ServerMetadata {
  const fields = readFields(message);
  return { name: textIn(fields, 1), version: textIn(fields, 2), extensions: textsIn(fields, 3) };
}

/** ModelMetadataResponse. */
export function readModelMetadata(message: Uint8Array): ModelMetadata {
  const fields = readFields(message);
  return {
    name: textIn(fields, 1),
    versions: textsIn(fields, 2),
    platform: textIn(fields, 3),
    inputs: bytesIn(fields, 4).map(readTensor),
    outputs: bytesIn(fields, 5).map(readTensor),
  };
}

function readTensor(message: Uint8Array): TensorMetadata {
  const fields = readFields(message);
  return { name: textIn(fields, 1), datatype: textIn(fields, 2), shape: integersIn(fields, 3).map(Number) };
}

/** RepositoryIndexResponse. */
export function readRepositoryIndex(message: Uint8Array): RepositoryModel[] {
  return bytesIn(readFields(message), 1).map((entry) => {
    const fields = readFields(entry);
    return {
      name: textIn(fields, 1),
      version: textIn(fields, 2),
      state: textIn(fields, 3),
      reason: textIn(fields, 4),
    };
  });
}
