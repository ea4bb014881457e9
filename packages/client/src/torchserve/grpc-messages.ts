/** PredictionsRequest and PredictionResponse (torchserve.md 6.1). */
import { ClientError } from '../client-error.ts';
import type { ModelRef } from '../client-options.ts';
import { bytesField, bytesIn, integersIn, readFields, textField, textIn } from '../protobuf/fields.ts';
import { modelOf } from '../rest/model-path.ts';
import { concatBytes } from '../tensor/tensor-bytes.ts';

/** By their names; one alone is the input `data`. Texts are UTF-8. */
export type PredictionInputs = Uint8Array | string | Readonly<Record<string, Uint8Array | string>>;

/** A request, and the sequence that it is of. */
export interface WrittenRequest {
  /** By its name, or a version of it. */
  readonly model: ModelRef;
  /** What the handler gets. */
  readonly input: PredictionInputs;
  /** Comes back with the answer. */
  readonly sequenceId?: string | undefined;
}

/** PredictionsRequest. */
export function writePredictions({ model, input, sequenceId = '' }: WrittenRequest): Uint8Array<ArrayBuffer> {
  const { name, version = '' } = modelOf(model);
  const inputs = typeof input === 'string' || input instanceof Uint8Array ? { data: input } : input;
  return concatBytes([
    ...textField(1, name),
    ...textField(2, version),
    ...Object.entries(inputs).flatMap(([key, value]) =>
      bytesField(3, concatBytes([...textField(1, key), ...bytesField(2, bytesOf(value))])),
    ),
    ...textField(4, sequenceId),
  ]);
}

function bytesOf(value: Uint8Array | string): Uint8Array {
  return typeof value === 'string' ? new TextEncoder().encode(value) : value;
}

/** What a PredictionResponse says. */
export interface ReadPrediction {
  /** What the handler gave; empty beside an error. */
  readonly prediction: Uint8Array;
  /** That of the request. */
  readonly sequenceId?: string | undefined;
  /** Why there is no prediction. */
  readonly error?: ClientError | undefined;
}

/** PredictionResponse. */
export function readPrediction(message: Uint8Array): ReadPrediction {
  const fields = readFields(message);
  const sequenceId = textIn(fields, 2);
  const error = bytesIn(fields, 3).map(readStatus).at(-1);
  return {
    prediction: bytesIn(fields, 1).at(-1) ?? new Uint8Array(),
    ...(sequenceId !== '' && { sequenceId }),
    ...(error !== undefined && { error }),
  };
}

/** google.rpc.Status; 0 is OK. */
function readStatus(message: Uint8Array): ClientError | undefined {
  const fields = readFields(message);
  const [code, text] = [Number(integersIn(fields, 1).at(-1) ?? 0), textIn(fields, 2)];
  return code === 0 ? undefined : new ClientError(text, { kind: 'status', code, text });
}
