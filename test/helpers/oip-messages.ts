/** Random requests of the Open Inference Protocol as messages of gRPC. */
import path from 'node:path';
import { loadSync, type ServiceDefinition } from '@grpc/proto-loader';
import { OIP, PROTOS } from './grpc-client.ts';
import type { Random } from './random.ts';

const OPTIONS = { keepCase: true, includeDirs: [PROTOS], defaults: true, longs: String };
const METHODS = loadSync(path.join(PROTOS, OIP.file), OPTIONS)[OIP.service] as ServiceDefinition;

/** A ModelInferRequest as protobuf.js writes it. */
export function inferMessage(request: object): Buffer {
  return METHODS.ModelInfer?.requestSerialize(request) as Buffer;
}

/** What protobuf.js reads of a ModelInferResponse. @throws Error for what is none */
export function readResponse(message: Buffer): Readonly<Record<string, unknown>> {
  return METHODS.ModelInfer?.responseDeserialize(message) as Record<string, unknown>;
}

/** A request for a model with the inputs `x`, FP32 [-1, n], and `text`, BYTES [-1]. */
export interface RandomMessage {
  readonly message: Buffer;
  readonly isRaw: boolean;
  /** The bytes of `x`. */
  readonly floats: Buffer;
  /** The elements of `text`. */
  readonly texts: readonly Buffer[];
}

export function randomMessage(random: Random, model: string): RandomMessage {
  const count = random.integer(1, 6);
  const values = Float32Array.from({ length: count }, () => Math.fround(random.integer(-1e6, 1e6) / 1024));
  const floats = Buffer.from(values.buffer);
  const texts = Array.from({ length: random.integer(1, 3) }, () => random.bytes(random.integer(0, 12)));
  const isRaw = random.integer(0, 1) === 1;
  const parameters = random.integer(0, 2) === 0 ? { mood: { string_param: 'ä' }, n: { int64_param: '-7' } } : {};
  const message = inferMessage({
    model_name: model,
    model_version: random.pick(['', '1.0']),
    id: random.pick(['', 'é']),
    parameters,
    inputs: [
      { name: 'x', datatype: 'FP32', shape: [1, count], ...(!isRaw && { contents: { fp32_contents: [...values] } }) },
      {
        name: 'text',
        datatype: 'BYTES',
        shape: [texts.length],
        ...(!isRaw && { contents: { bytes_contents: texts } }),
      },
    ],
    raw_input_contents: isRaw ? [floats, Buffer.concat(texts.flatMap((text) => [lengthOf(text), text]))] : [],
  });
  return { message, isRaw, floats, texts };
}

function lengthOf(bytes: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32LE(bytes.length);
  return length;
}
