/** The Open Inference Protocol's service, as KServe and Triton have it. */
import type { JsonObject, JsonValue } from '@bufbuild/protobuf';
import type { ModelMetadata } from '../../../core/data-plane.ts';
import { createMessages } from '../../grpc/messages.ts';
import type { Audience } from '../../endpoint.ts';
import type { Planes } from '../../protocol.ts';
import type { RpcService, UnaryRpc } from '../../rpc.ts';
import { DESCRIPTORS } from '../descriptors.ts';
import { modelConfig } from '../models/model-config.ts';
import { modelMetadata } from '../models/model-metadata.ts';
import { serverMetadata } from '../models/server-metadata.ts';
import { runInference, wholeMessage } from './run-inference.ts';

const PACKAGE = 'inference';

export function createOipService(planes: Planes): RpcService {
  const { dataPlane } = planes;
  return {
    name: `${PACKAGE}.GRPCInferenceService`,
    rpcs: [
      {
        name: 'ModelInfer',
        kind: 'unary',
        audience: 'inference',
        handle: async (message, call) => wholeMessage(await runInference(dataPlane, message, call)),
      },
      ...createRareRpcs({
        ServerLive: ['open', () => ({ live: true })],
        ServerReady: ['open', () => ({ ready: dataPlane.isReady() })],
        ServerMetadata: ['inference', () => serverMetadata({ ...planes, isManagedBesideInference: false })],
        ModelReady: ['inference', (model) => ({ ready: dataPlane.modelReadiness(...model).isReady })],
        ModelMetadata: ['inference', (model) => modelMetadata(dataPlane, ...model)],
        ModelConfig: ['inference', (model) => ({ config: configMessage(dataPlane.modelMetadata(...model)) })],
      }),
    ],
  };
}

/** Where a request names none, the name is empty. */
type AskedModel = readonly [name: string, version: string | undefined];

/** Who may call it, and what it answers, as JSON has the message. */
type RareRpc = readonly [audience: Audience, answer: (model: AskedModel) => object];

function createRareRpcs(rpcs: Readonly<Record<string, RareRpc>>): UnaryRpc[] {
  const messages = createMessages(DESCRIPTORS);
  return Object.entries(rpcs).map(([name, [audience, answer]]) => ({
    name,
    kind: 'unary',
    audience,
    // What it throws is to reject.
    handle: async (message) => {
      const { name: model, version } = messages.decode(`${PACKAGE}.${name}Request`, message);
      const value = answer([textOf(model) ?? '', textOf(version)]) as JsonObject;
      return Promise.resolve(messages.encode(`${PACKAGE}.${name}Response`, value));
    },
  }));
}

/** An empty text is one that was not given. */
function textOf(value: JsonValue | undefined): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** Versions are numbers in Triton's message, and texts here. */
function configMessage(metadata: ModelMetadata): object {
  const { version_policy: _, ...config } = modelConfig(metadata);
  return config;
}
