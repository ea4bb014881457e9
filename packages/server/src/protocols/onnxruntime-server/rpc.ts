/** ONNX Runtime Server's protocol over gRPC. */
import { toServeError } from '../../core/errors.ts';
import type { DataPlane } from '../../core/data-plane.ts';
import { assertSuccess } from '../grpc/assert-success.ts';
import { RPC_CODES, rpcStatusBy } from '../grpc/rpc-codes.ts';
import { passOrigin } from '../model-identity.ts';
import { onlyPart } from '../only-part.ts';
import type { PlainCall, RpcProtocol } from '../rpc.ts';
import { admitModel } from './admit-model.ts';
import { DESCRIPTORS } from './descriptors.ts';
import { PROTOBUF_TYPES } from './media-types.ts';
import { messageOf } from './errors.ts';
import { idHeaders } from './request-ids.ts';

const statusOf = rpcStatusBy(RPC_CODES);

/** For the daemon, when a client comes. */
export const onnxruntimeServerRpc: RpcProtocol = {
  createServices: ({ dataPlane }) => [
    {
      name: 'onnxruntime.server.PredictionService',
      rpcs: [
        {
          name: 'Predict',
          kind: 'unary',
          audience: 'inference',
          takesModelInput: true,
          replyHeaders: idHeaders,
          handle: (message, call) => predict(dataPlane, message, call),
        },
      ],
    },
  ],
  status: (thrown) => ({ ...statusOf(thrown), message: messageOf(toServeError(thrown)) }),
  descriptors: DESCRIPTORS,
};

/** The message names no model: the metadata may. */
async function predict(dataPlane: DataPlane, message: Buffer, call: PlainCall): Promise<Uint8Array> {
  const asked = { name: call.header('model-name'), version: call.header('model-version') };
  const admission = admitModel(dataPlane, asked, false);
  const { requestId, rawHeaders: headers, caller, timeoutMs } = call;
  const [contentType] = PROTOBUF_TYPES;
  const inputs = [{ name: contentType, contentType, chunks: [message] }];
  const job = { operation: 'predict', requestId, codec: 'onnxruntime-server', headers, inputs, timeoutMs } as const;
  const answer = await assertSuccess(await admission.submit(job, caller));
  passOrigin(answer, call);
  return (await onlyPart(answer, 'ask in another protocol')).body;
}
