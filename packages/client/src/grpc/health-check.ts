/** The health service of gRPC (grpc.health.v1). */
import { ClientError } from '../client-error.ts';
import type { CallOptions } from '../client-options.ts';
import { isTrue, readFields } from '../protobuf/fields.ts';
import type { GrpcCalls } from './grpc-calls.ts';

const CHECK = '/grpc.health.v1.Health/Check';

/** HealthCheckResponse: SERVING is 1. */
const isServing = (answer: Uint8Array) => isTrue(readFields(answer), 1);

/** UNIMPLEMENTED: a server that does not tell of its health answers, at least. */
const UNIMPLEMENTED = 12;

/** Whether a server says that it serves, or has no such service. @throws ClientError without an answer */
export async function isHealthy(calls: GrpcCalls, call?: CallOptions): Promise<boolean> {
  try {
    return await calls.send({ path: CHECK, message: new Uint8Array() }, isServing, call);
  } catch (error) {
    if (error instanceof ClientError && error.kind === 'status' && error.code === UNIMPLEMENTED) return true;
    throw error;
  }
}
