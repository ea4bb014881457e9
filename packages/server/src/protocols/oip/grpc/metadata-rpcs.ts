/** What the server and its models are, and what has become of requests: the same as over REST. */
import type { ModelMetadata } from '../../../core/data-plane.ts';
import type { Planes } from '../../protocol.ts';
import { identityHeaders } from '../../model-identity.ts';
import type { PlainCall, UnaryRpc } from '../../rpc.ts';
import { modelConfig } from '../models/model-config.ts';
import { modelMetadata, type DescribedModel } from '../models/model-metadata.ts';
import { modelStatistics } from '../models/model-statistics.ts';
import { serverMetadata } from '../models/server-metadata.ts';
import { createJsonRpcs, givenText, type JsonRpc } from './json-rpcs.ts';

/** Health, metadata, configuration and statistics. */
export function createMetadataRpcs(planes: Planes): UnaryRpc[] {
  const { dataPlane } = planes;
  const rpcs = createJsonRpcs({
    ServerLive: ['open', () => ({ live: true })],
    ServerReady: ['open', () => ({ ready: dataPlane.isReady() })],
    ServerMetadata: ['inference', () => serverMetadata(planes)],
    ModelReady: ofModel((name, version) => ({ ready: dataPlane.modelReadiness(name, version).isReady })),
    ModelMetadata: ofModel((name, version, call) => describeModel(modelMetadata(dataPlane, name, version), call)),
    ModelConfig: ofModel((name, version) => ({ config: configMessage(dataPlane.modelMetadata(name, version)) })),
    ModelStatistics: [
      'inference',
      ({ name, version }) => modelStatistics(dataPlane, givenText(name), givenText(version)),
    ],
  });
  return planes.isManagedBesideInference ? rpcs : [...rpcs, ...createManagementMetadata(planes)];
}

/** Each address tells what works there. */
function createManagementMetadata(planes: Planes): UnaryRpc[] {
  return createJsonRpcs({ ServerMetadata: ['management', () => serverMetadata(planes, 'management')] });
}

function ofModel(answer: (name: string, version: string | undefined, call: PlainCall) => object): JsonRpc {
  return ['inference', ({ name, version }, call) => answer(givenText(name) ?? '', givenText(version), call)];
}

function describeModel({ properties, ...message }: DescribedModel, call: PlainCall): object {
  call.addReplyHeaders(identityHeaders({ name: message.name, ...properties }));
  return message;
}

/** Versions are numbers in Triton's message, and texts here. */
function configMessage(metadata: ModelMetadata): object {
  const { version_policy: _, ...config } = modelConfig(metadata);
  return config;
}
