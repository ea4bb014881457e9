/** The Open Inference Protocol's service, as KServe and Triton have it. */
import { passOrigin } from '../../model-identity.ts';
import type { Planes } from '../../protocol.ts';
import type { Rpc, RpcService } from '../../rpc.ts';
import { createLogRpcs } from './log-rpcs.ts';
import { createMetadataRpcs } from './metadata-rpcs.ts';
import { createRepositoryRpcs } from './repository-rpcs.ts';
import { readHead } from './request-head.ts';
import { runInference, wholeMessage } from './run-inference.ts';
import { streamInference } from './stream-inference.ts';

/** All of it; procedures of the proto that are not here are unimplemented. */
export function createOipService(planes: Planes): RpcService {
  return {
    name: 'inference.GRPCInferenceService',
    rpcs: [
      ...createInferenceRpcs(planes),
      ...createMetadataRpcs(planes),
      ...createRepositoryRpcs(planes),
      ...createLogRpcs(planes),
    ],
  };
}

function createInferenceRpcs({ dataPlane }: Planes): Rpc[] {
  return [
    {
      name: 'ModelInfer',
      kind: 'unary',
      audience: 'inference',
      takesModelInput: true,
      async handle(message, call) {
        const answer = await runInference(dataPlane, { head: readHead(message), message }, call);
        passOrigin(answer, call);
        return wholeMessage(answer);
      },
    },
    {
      name: 'ModelStreamInfer',
      kind: 'multiplex',
      audience: 'inference',
      takesModelInput: true,
      handle: (message, call) => streamInference(dataPlane, message, call),
    },
  ];
}
