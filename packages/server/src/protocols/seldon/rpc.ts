/** Seldon Core's protocol over gRPC: the service of a deployment, and those of the wrapper around a component. */
import { WireType } from '@bufbuild/protobuf/wire';
import type { SeldonMethod } from '@marserve/handlers/component';
import { assertSuccess } from '../grpc/assert-success.ts';
import { refusing } from '../grpc/messages.ts';
import { visitFields } from '@marserve/client/protobuf';
import { RPC_CODES, rpcStatusBy } from '../grpc/rpc-codes.ts';
import { passOrigin } from '../model-identity.ts';
import { onlyPart } from '../only-part.ts';
import type { Planes } from '../protocol.ts';
import { rpcCodecOf } from '../protocol.ts';
import type { PlainCall, RpcProtocol, UnaryRpc } from '../rpc.ts';
import { DESCRIPTORS } from './descriptors.ts';
import { methodHeader, QUESTIONS } from './methods.ts';
import { puidHeader } from './puid.ts';
import { modelAsked, modelCalled } from './model-asked.ts';
import { questionInputs } from './question.ts';

const FEEDBACK = ['SendFeedback', 'send-feedback'] as const;

/** The procedures of each service, and what they ask. */
const SERVICES: Readonly<Record<string, readonly (readonly [name: string, method: SeldonMethod])[]>> = {
  Seldon: [['Predict', 'predictions'], FEEDBACK, ['ModelMetadata', 'metadata'], ['GraphMetadata', 'graph-metadata']],
  Model: [['Predict', 'predict'], FEEDBACK, ['Metadata', 'metadata']],
  Router: [['Route', 'route'], FEEDBACK],
  Transformer: [['TransformInput', 'transform-input']],
  OutputTransformer: [['TransformOutput', 'transform-output']],
  Combiner: [['Aggregate', 'aggregate']],
  Generic: [
    ['TransformInput', 'transform-input'],
    ['TransformOutput', 'transform-output'],
    ['Route', 'route'],
    ['Aggregate', 'aggregate'],
    FEEDBACK,
  ],
};

/** For the daemon, when a client comes. */
export const seldonRpc: RpcProtocol = {
  createServices: (planes) =>
    Object.entries(SERVICES).map(([service, rpcs]) => ({
      name: `seldon.protos.${service}`,
      rpcs: rpcs.map(([name, method]) => createRpc(planes, name, method)),
    })),
  status: rpcStatusBy(RPC_CODES),
  descriptors: DESCRIPTORS,
};

function createRpc(planes: Planes, name: string, method: SeldonMethod): UnaryRpc {
  return {
    name,
    kind: 'unary',
    audience: 'inference',
    takesModelInput: !QUESTIONS.has(method),
    replyHeaders: puidHeader,
    async handle(message, call) {
      const component = name === 'ModelMetadata' ? componentIn(message) : undefined;
      return answer(planes, call, { method, message, component });
    },
  };
}

/** @throws ServeError `invalid_argument`; undefined for a message that names none */
function componentIn(message: Buffer): string | undefined {
  const name = refusing('SeldonModelMetadataRequest', () => nameIn(message));
  return name === '' ? undefined : name;
}

const MOST_FIELDS = 16;

function nameIn(message: Buffer): string {
  let name = '';
  visitFields(
    message,
    (number, wire, reader) => {
      if (number === 1 && wire === WireType.LengthDelimited) name = reader.string();
    },
    MOST_FIELDS,
  );
  return name;
}

interface Asked {
  readonly method: SeldonMethod;
  readonly message: Buffer;
  /** Whose description is wanted; undefined for the only one. */
  readonly component: string | undefined;
}

/** The metadata names the deployment, as clients do to an ingress. */
async function answer(planes: Planes, call: PlainCall, { method, message, component }: Asked): Promise<Uint8Array> {
  const { dataPlane, profile } = planes;
  const deployment = call.header('seldon') ?? modelCalled(dataPlane, component);
  const admission = dataPlane.admit(modelAsked(dataPlane, deployment, profile));
  const { requestId, rawHeaders, caller, timeoutMs } = call;
  const job = {
    operation: 'predict',
    requestId,
    codec: rpcCodecOf('seldon'),
    headers: [...rawHeaders, ...methodHeader(method)],
    inputs: QUESTIONS.has(method)
      ? questionInputs(profile, component)
      : [{ name: 'message', contentType: 'application/grpc+proto', chunks: [message] }],
    timeoutMs,
  } as const;
  const given = await assertSuccess(await admission.submit(job, caller));
  passOrigin(given, call);
  return (await onlyPart(given, 'ask in another protocol')).body;
}
