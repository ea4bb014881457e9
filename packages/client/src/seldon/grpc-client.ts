/** Seldon Core's protocol over gRPC: a deployment, or a component by itself. */
import { ClientError } from '../client-error.ts';
import type { CallOptions } from '../client-options.ts';
import { GrpcCalls } from '../grpc/grpc-calls.ts';
import { isHealthy } from '../grpc/health-check.ts';
import { failureIn } from './failure-in.ts';
import {
  FEEDBACK,
  GRAPH_METADATA,
  MODEL_METADATA,
  SELDON_MESSAGE,
  SELDON_MESSAGE_LIST,
  type MessageType,
} from './protobuf/message-types.ts';
import { readMessage } from './protobuf/read-message.ts';
import { writeMessage } from './protobuf/write-message.ts';
import type { SeldonClient, SeldonClientOptions } from './seldon-client.ts';
import type { SeldonMessage } from './seldon-message.ts';

/**
 * A deployment is asked by its service, a component by those of the wrapper around it, as Seldon's executor asks them.
 * @param hosts such as `127.0.0.1:5000`; several are used in turn
 * @throws RangeError for what is no address
 */
export function createSeldonGrpcClient(
  hosts: string | readonly string[],
  { deployment, namespace = 'default', headers, ...options }: SeldonClientOptions = {},
): SeldonClient {
  const named: Readonly<Record<string, string>> = deployment === undefined ? {} : { seldon: deployment, namespace };
  const calls = new GrpcCalls(hosts, { ...options, headers: { ...named, ...headers } });
  const model = deployment === undefined ? 'Model' : 'Seldon';
  const [metadata, described] =
    deployment === undefined ? (['Metadata', MODEL_METADATA] as const) : (['GraphMetadata', GRAPH_METADATA] as const);
  const askFor = asker(calls);
  return {
    predict: (message, call) => askFor(`${model}/Predict`, [message, SELDON_MESSAGE], call),
    transformInput: (message, call) => askFor('Transformer/TransformInput', [message, SELDON_MESSAGE], call),
    transformOutput: (message, call) => askFor('OutputTransformer/TransformOutput', [message, SELDON_MESSAGE], call),
    route: (message, call) => askFor('Router/Route', [message, SELDON_MESSAGE], call),
    aggregate: (seldonMessages, call) => askFor('Combiner/Aggregate', [{ seldonMessages }, SELDON_MESSAGE_LIST], call),
    sendFeedback: (feedback, call) => askFor(`${model}/SendFeedback`, [feedback, FEEDBACK], call),
    metadata: (call) =>
      calls.send(
        { path: `${PATH}${model}/${metadata}`, message: new Uint8Array() },
        (answer) => readMessage(answer, described),
        call,
      ),
    isReady: (call) => isHealthy(calls, call),
    hosts: () => calls.hosts(),
    close: async () => calls.close(),
  };
}

const PATH = '/seldon.protos.';

type Ask = (
  procedure: string,
  question: readonly [message: unknown, type: MessageType],
  call?: CallOptions,
) => Promise<SeldonMessage>;

/** @throws TypeError for a message that is none; ClientError, for an answer that says that it failed as well */
function asker(calls: GrpcCalls): Ask {
  return async (procedure, question, call = {}) => {
    const message = new Uint8Array(writeMessage(...question));
    let host = '';
    const onResponse: CallOptions['onResponse'] = (head) => {
      ({ host } = head);
      call.onResponse?.(head);
    };
    const read = (bytes: Uint8Array) => readMessage(bytes, SELDON_MESSAGE) as SeldonMessage;
    const answer = await calls.send({ path: PATH + procedure, message }, read, { ...call, onResponse });
    const failure = failureIn(answer);
    if (failure === undefined) return answer;
    throw new ClientError(`${host}: ${failure}`, { kind: 'answer', host, text: failure });
  };
}
