/** A unit of a graph that is a component elsewhere, in its wrapper, over REST or gRPC. */
import type { CallOptions, SeldonClient, SeldonFeedback, SeldonMessage } from '@marserve/client';
import type { SeldonMethod } from '../seldon-message.ts';
import type { OpenUnit } from './open-unit.ts';
import type { RemotePlace } from './seldon-unit.ts';

/** The client is loaded with the first one. @throws RangeError for what is no address */
export async function openRemoteUnit({ url }: RemotePlace): Promise<OpenUnit> {
  const client = await openClient(url);
  return {
    ask: (method, body, { signal, timeoutMs, forward }) => ASKS[method](client, body, { signal, timeoutMs, forward }),
    problem: async () => ((await client.isReady({ timeoutMs: TIMEOUT_MS })) ? undefined : `${url} is not well`),
  };
}

const TIMEOUT_MS = 2000;

async function openClient(url: string): Promise<SeldonClient> {
  if (url.startsWith('grpc://')) return (await import('@marserve/client/grpc')).createSeldonGrpcClient(url);
  return (await import('@marserve/client')).createSeldonClient(url);
}

type Ask = (client: SeldonClient, body: unknown, call: CallOptions) => Promise<unknown>;

const ASKS: Readonly<Record<SeldonMethod, Ask>> = {
  predictions: predict,
  predict,
  'transform-input': (client, body, call) => client.transformInput(body as SeldonMessage, call),
  'transform-output': (client, body, call) => client.transformOutput(body as SeldonMessage, call),
  route: (client, body, call) => client.route(body as SeldonMessage, call),
  aggregate: (client, body, call) => client.aggregate(body as SeldonMessage[], call),
  'send-feedback': (client, body, call) => client.sendFeedback(body as SeldonFeedback, call),
  'health-status': async (client, _, call) => ({ strData: (await client.isReady(call)) ? 'healthy' : 'not well' }),
  metadata: (client, _, call) => client.metadata(call),
  'graph-metadata': (client, _, call) => client.metadata(call),
};

function predict(client: SeldonClient, body: unknown, call: CallOptions): Promise<unknown> {
  return client.predict(body as SeldonMessage, call);
}
