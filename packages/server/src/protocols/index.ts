/**
 * The protocols that are spoken. Each is one folder and one entry here, and nothing else knows its name. The first is that of golden
 * requests that name none.
 */
import type { ProtocolEntry } from './protocol.ts';

/** What Seldon's messages may hold of other protocols. */
const loadJsonBodies = async () => ({
  instances: (await import('./kserve-v1/codec.ts')).kserveV1Codec,
  tensors: (await import('./oip/codec.ts')).oipCodec,
});

/** The first answers what no protocol knows, unless a profile has another for that. */
export const PROTOCOLS: readonly [ProtocolEntry, ...ProtocolEntry[]] = [
  {
    name: 'torchserve',
    load: async () => (await import('./torchserve/protocol.ts')).torchserve,
    loadCodec: async () => (await import('./torchserve/codec.ts')).torchserveCodec,
    loadRpc: async () => (await import('./torchserve/rpc.ts')).torchserveRpc,
  },
  {
    name: 'kserve-v1',
    load: async () => (await import('./kserve-v1/protocol.ts')).kserveV1,
    loadCodec: async () => (await import('./kserve-v1/codec.ts')).kserveV1Codec,
    profiles: ['kserve'],
    envelopes: ['kserve', 'kfserving', 'json'],
  },
  {
    name: 'oip',
    load: async (profile) => (await import('./oip/protocol.ts')).oipIn(profile),
    loadCodec: async () => (await import('./oip/codec.ts')).oipCodec,
    profiles: ['triton'],
    envelopes: ['kservev2', 'kfservingv2'],
    loadRpc: async (profile) => (await import('./oip/rpc.ts')).oipRpcIn(profile),
    loadRpcCodec: async () => (await import('./oip/grpc/codec.ts')).oipGrpcCodec,
  },
  {
    name: 'onnxruntime-server',
    load: async () => (await import('./onnxruntime-server/protocol.ts')).onnxruntimeServer,
    loadCodec: async () => (await import('./onnxruntime-server/codec.ts')).onnxruntimeServerCodec,
    profiles: ['onnxruntime-server'],
    loadRpc: async () => (await import('./onnxruntime-server/rpc.ts')).onnxruntimeServerRpc,
  },
  {
    name: 'seldon',
    load: async () => (await import('./seldon/protocol.ts')).seldon,
    loadCodec: async () => (await import('./seldon/codec.ts')).seldonCodecWith(await loadJsonBodies()),
    profiles: ['seldon'],
    loadRpc: async () => (await import('./seldon/rpc.ts')).seldonRpc,
    loadRpcCodec: async () => (await import('./seldon/grpc/codec.ts')).seldonGrpcCodecWith(await loadJsonBodies()),
  },
  {
    name: 'kibae',
    load: async () => (await import('./kibae/protocol.ts')).kibae,
    loadCodec: async () => (await import('./kibae/codec.ts')).kibaeCodec,
  },
  {
    name: 'handler-routes',
    load: async () => (await import('./handler-routes/protocol.ts')).handlerRoutes,
    loadCodec: async () => (await import('./handler-routes/codec.ts')).handlerRoutesCodec,
  },
  {
    name: 'experiment-calls',
    load: async () => (await import('./experiment-calls/protocol.ts')).experimentCalls,
    loadCodec: async () => (await import('./experiment-calls/codec.ts')).experimentCallsCodec,
  },
];

/** What models of a server ask each other in: no protocols, because nobody else speaks them. */
export const MODEL_CALLS: Readonly<Record<'values' | 'messages', Pick<ProtocolEntry, 'name' | 'loadCodec'>>> = {
  values: { name: 'values', loadCodec: async () => (await import('./values/codec.ts')).valuesCodec },
  messages: { name: 'messages', loadCodec: async () => (await import('./seldon/question-codec.ts')).questionCodec },
};
