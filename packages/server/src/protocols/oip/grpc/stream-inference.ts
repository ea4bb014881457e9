/** One request of ModelStreamInfer: its responses, and errors among them, as Triton has them. */
import type { DataPlane } from '../../../core/data-plane.ts';
import { isFault } from '../../../core/errors.ts';
import { partBodies } from '../../part-bodies.ts';
import type { PlainCall } from '../../rpc.ts';
import { lengthDelimited } from '../../grpc/length-delimited.ts';
import { textField } from '../../grpc/text-field.ts';
import { writeParameters } from './parameter-messages.ts';
import { readHead, type RequestHead } from './request-head.ts';
import { oipRpcStatus } from './rpc-errors.ts';
import { runInference } from './run-inference.ts';
import { EMPTY_FINAL_RESPONSE, FINAL_RESPONSE } from './stream-parameters.ts';

/** Metadata of clients that want an error to end the stream, with its status. */
const WANTS_STATUS = 'triton_grpc_error';

/** ModelStreamInferResponses. @throws ServeError to clients that want it, and for faults of the server */
export async function* streamInference(
  dataPlane: DataPlane,
  message: Buffer,
  call: PlainCall,
): AsyncGenerator<Uint8Array> {
  let id = '';
  try {
    const head = readHead(message);
    ({ id } = head);
    yield* responses(dataPlane, { head, message }, call);
  } catch (error) {
    if (wantsStatus(call) || isFault(error)) throw error;
    yield Buffer.concat([textField(1, oipRpcStatus(error).message), ...lengthDelimited(2, [textField(3, id)])]);
  }
}

async function* responses(
  dataPlane: DataPlane,
  request: { readonly head: RequestHead; readonly message: Buffer },
  call: PlainCall,
): AsyncGenerator<Uint8Array> {
  const { head } = request;
  const { body, rest } = await runInference(dataPlane, request, call);
  if (rest === undefined) return yield wrapped(body, LAST);
  for await (const part of partBodies(body, rest)) yield wrapped(part, NOT_LAST);
  if (head.parameters[EMPTY_FINAL_RESPONSE] === true) yield wrapped(emptyResponse(head), LAST);
}

/** Of the map of parameters, which may come behind the other fields of the response. */
const LAST = writeParameters(4, { [FINAL_RESPONSE]: true });
const NOT_LAST = writeParameters(4, { [FINAL_RESPONSE]: false });

function wrapped(response: Uint8Array, parameter: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat(lengthDelimited(2, [response, ...parameter]));
}

function emptyResponse({ modelName, modelVersion = '', id }: RequestHead): Uint8Array {
  return Buffer.concat([textField(1, modelName), textField(2, modelVersion), textField(3, id)]);
}

function wantsStatus({ rawHeaders }: PlainCall): boolean {
  const at = rawHeaders.findIndex((name, index) => index % 2 === 0 && name === WANTS_STATUS);
  return at >= 0 && rawHeaders[at + 1] === 'true';
}
