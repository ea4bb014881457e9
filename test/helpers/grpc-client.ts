/** Clients of grpc-js, made of the .proto files by its own loader. */
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  credentials as makeCredentials,
  loadPackageDefinition,
  Metadata,
  type ChannelCredentials,
  type Client,
  type ServiceError,
} from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';

export const PROTOS = fileURLToPath(new URL('../../packages/server/proto', import.meta.url));

type Method = (...args: readonly unknown[]) => unknown;

/** A client of a service by its methods; to be closed. */
export type GrpcClient = Client & Readonly<Record<string, Method>>;

export interface GrpcService {
  /** Path below the folder of protos. */
  readonly file: string;
  /** Its full name. */
  readonly service: string;
  /** Whether messages tell which field of several is set, in a field of the choice's name; default false. */
  readonly oneofs?: boolean;
}

export function createGrpcClient(
  address: string,
  { file, service, oneofs = false }: GrpcService,
  credentials: ChannelCredentials = makeCredentials.createInsecure(),
): GrpcClient {
  const options = { keepCase: true, includeDirs: [PROTOS], defaults: true, longs: String, enums: String, oneofs };
  const loaded: unknown = loadPackageDefinition(loadSync(path.join(PROTOS, file), options));
  const found = service.split('.').reduce((scope, name) => (scope as Record<string, unknown>)[name], loaded);
  const Constructor = found as new (address: string, credentials: unknown) => GrpcClient;
  return new Constructor(address, credentials);
}

export const INFERENCE: GrpcService = {
  file: 'torchserve/inference.proto',
  service: 'org.pytorch.serve.grpc.inference.InferenceAPIsService',
};

export const MANAGEMENT: GrpcService = {
  file: 'torchserve/management.proto',
  service: 'org.pytorch.serve.grpc.management.ManagementAPIsService',
};

/** Of the Open Inference Protocol. */
export const OIP: GrpcService = { file: 'oip/grpc_service.proto', service: 'inference.GRPCInferenceService' };

export const REFLECTION: GrpcService = {
  file: 'grpc/reflection.proto',
  service: 'grpc.reflection.v1.ServerReflection',
};

export const HEALTH: GrpcService = { file: 'grpc/health.proto', service: 'grpc.health.v1.Health' };

export const inferenceClient = (address: string, credentials?: ChannelCredentials) =>
  createGrpcClient(address, INFERENCE, credentials);

export const managementClient = (address: string, credentials?: ChannelCredentials) =>
  createGrpcClient(address, MANAGEMENT, credentials);

export const oipClient = (address: string, credentials?: ChannelCredentials) =>
  createGrpcClient(address, OIP, credentials);

export interface CallOptions {
  readonly metadata?: Readonly<Record<string, string>>;
  /** Milliseconds from now. */
  readonly timeoutMs?: number;
}

/** Resolves with the answer. @throws ServiceError */
export function call<T = Record<string, unknown>>(
  client: GrpcClient,
  method: string,
  request: unknown = {},
  { metadata = {}, timeoutMs = 60_000 }: CallOptions = {},
): Promise<T> {
  return new Promise((resolve, reject) => {
    const answered = (error: ServiceError | null, answer: T) => (error === null ? resolve(answer) : reject(error));
    client[method]?.(request, metadataOf(metadata), { deadline: Date.now() + timeoutMs }, answered);
  });
}

export function metadataOf(texts: Readonly<Record<string, string>>): Metadata {
  const metadata = new Metadata();
  for (const [name, text] of Object.entries(texts)) metadata.set(name, text);
  return metadata;
}
