/** PredictionsRequest and PredictionResponse: the values of the inputs stay where they are in the bytes that came. */
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import type { JobInput } from '../../core/jobs/job.ts';
import { refusing } from '../grpc/messages.ts';
import { visitFields } from '@marserve/client/protobuf';
import { RPC_CODES, type RpcStatus } from '../rpc.ts';

/** A PredictionsRequest, read. */
export interface PredictionsRequest {
  /** Empty when it is not there. */
  readonly modelName: string;
  /** Undefined for the default version. */
  readonly modelVersion: string | undefined;
  /** Entries of the map; their bytes are views into the message. */
  readonly inputs: readonly JobInput[];
  /** Returned with the answer; undefined when it is not there. */
  readonly sequenceId: string | undefined;
}

/** @throws ServeError `invalid_argument` for bytes that are no such message */
export function readPredictionsRequest(bytes: Buffer): PredictionsRequest {
  return refusing('PredictionsRequest', () => readRequest(bytes));
}

function readRequest(bytes: Buffer): PredictionsRequest {
  const inputs = new Map<string, Uint8Array>();
  let [modelName, modelVersion, sequenceId]: [string, string, string | undefined] = ['', '', undefined];
  visitFields(bytes, (field, type, reader) => {
    if (type !== WireType.LengthDelimited) return;
    if (field === 1) modelName = reader.string();
    else if (field === 2) modelVersion = reader.string();
    else if (field === 3) inputs.set(...readEntry(reader.bytes()));
    else if (field === 4) sequenceId = reader.string();
  });
  return {
    modelName,
    modelVersion: modelVersion === '' ? undefined : modelVersion,
    inputs: toInputs(inputs),
    sequenceId,
  };
}

function readEntry(bytes: Uint8Array): [name: string, value: Uint8Array] {
  let [name, value]: [string, Uint8Array] = ['', NOTHING];
  visitFields(bytes, (field, type, reader) => {
    if (type !== WireType.LengthDelimited) return;
    if (field === 1) name = reader.string();
    else if (field === 2) value = reader.bytes();
  });
  return [name, value];
}

const NOTHING = new Uint8Array(0);

/** Without a content type: handlers see bytes, as in TorchServe. */
function toInputs(inputs: ReadonlyMap<string, Uint8Array>): JobInput[] {
  return [...inputs].map(([name, value]) => ({ name, contentType: '', chunks: [value] }));
}

/** The bytes of a PredictionResponse without a status. */
export function writePredictionResponse(prediction: Uint8Array, sequenceId: string | undefined): Uint8Array {
  const writer = new BinaryWriter();
  if (prediction.byteLength > 0) writer.tag(1, WireType.LengthDelimited).bytes(prediction);
  return writeSequenceId(writer, sequenceId).finish();
}

/** Of a request in a stream, which goes on. */
export function writeFailedResponse({ code, message }: RpcStatus, sequenceId: string | undefined): Uint8Array {
  const status = new BinaryWriter().tag(1, WireType.Varint).int32(RPC_CODES[code]);
  status.tag(2, WireType.LengthDelimited).string(message);
  return writeSequenceId(new BinaryWriter(), sequenceId)
    .tag(3, WireType.LengthDelimited)
    .bytes(status.finish())
    .finish();
}

function writeSequenceId(writer: BinaryWriter, sequenceId: string | undefined): BinaryWriter {
  return sequenceId === undefined ? writer : writer.tag(2, WireType.LengthDelimited).string(sequenceId);
}
