/** Seldon Core's protocol over REST: a deployment, or a component by itself. */
import type { CallOptions, ClientOptions } from '../client-options.ts';
import type { Host } from '../hosts/host.ts';
import { stringifyJson } from '../json/stringify-json.ts';
import { isReady } from '../rest/is-ready.ts';
import { readJsonObject, wrongAnswer } from '../rest/read-json.ts';
import { RestCalls } from '../rest/rest-calls.ts';
import { failureIn } from './failure-in.ts';
import type { SeldonFeedback, SeldonMessage } from './seldon-message.ts';

/** Whom to ask. */
export interface SeldonClientOptions extends ClientOptions {
  /** Name of a deployment behind an ingress, or of a model of this project's server; by default whoever is at the address. */
  readonly deployment?: string;
  /** Of the deployment; `default` by default. */
  readonly namespace?: string;
}

/** Calls of Seldon's protocol; those without `predict` and `sendFeedback` are for a component, and a deployment has none of them. */
export interface SeldonClient {
  /** @example await client.predict({ data: { ndarray: [[1, 2]] } }) @throws ClientError, for an answer that says that it failed as well */
  predict(message: SeldonMessage, options?: CallOptions): Promise<SeldonMessage>;
  /** Of a transformer. @throws ClientError */
  transformInput(message: SeldonMessage, options?: CallOptions): Promise<SeldonMessage>;
  /** Of a transformer of outputs. @throws ClientError */
  transformOutput(message: SeldonMessage, options?: CallOptions): Promise<SeldonMessage>;
  /** The number of a child, in `data`. @throws ClientError */
  route(message: SeldonMessage, options?: CallOptions): Promise<SeldonMessage>;
  /** Of a combiner. @throws ClientError */
  aggregate(messages: readonly SeldonMessage[], options?: CallOptions): Promise<SeldonMessage>;
  /** Says what came of a prediction. @throws ClientError */
  sendFeedback(feedback: SeldonFeedback, options?: CallOptions): Promise<SeldonMessage>;
  /** What the component, or the deployment, says of itself. @throws ClientError */
  metadata(options?: CallOptions): Promise<Readonly<Record<string, unknown>>>;
  /** Whether it says that it is well. @throws ClientError without an answer */
  isReady(options?: CallOptions): Promise<boolean>;
  /** Where requests may go now: the addresses of all hosts, as far as they are known. */
  hosts(): Promise<readonly Host[]>;
  /** Closes the connections, when the calls on them are over. */
  close(): Promise<void>;
}

/**
 * @param hosts such as `http://127.0.0.1:9000`; several are used in turn
 * @throws RangeError for what is no address
 */
export function createSeldonClient(
  hosts: string | readonly string[],
  { deployment, namespace = 'default', ...options }: SeldonClientOptions = {},
): SeldonClient {
  const calls = new RestCalls(hosts, options);
  const prefix =
    deployment === undefined ? '' : `/seldon/${encodeURIComponent(namespace)}/${encodeURIComponent(deployment)}`;
  const api = `${prefix}/api/v1.0`;
  const ask = async (path: string, message: unknown, call?: CallOptions): Promise<SeldonMessage> => {
    const headers = { 'content-type': 'application/json' };
    const answer = await calls.send({ method: 'POST', path, headers, body: stringifyJson(message) }, call);
    const read = readJsonObject(answer) as SeldonMessage;
    const failure = failureIn(read);
    if (failure !== undefined) throw wrongAnswer(answer, failure);
    return read;
  };
  return {
    predict: (message, call) => ask(`${api}/predictions`, message, call),
    transformInput: (message, call) => ask(`${prefix}/transform-input`, message, call),
    transformOutput: (message, call) => ask(`${prefix}/transform-output`, message, call),
    route: (message, call) => ask(`${prefix}/route`, message, call),
    aggregate: (messages, call) => ask(`${prefix}/aggregate`, { seldonMessages: messages }, call),
    sendFeedback: (feedback, call) => ask(`${api}/feedback`, feedback, call),
    metadata: async (call) => readJsonObject(await calls.send({ method: 'GET', path: `${api}/metadata` }, call)),
    isReady: (call) => isReady(calls, { path: `${api}/health/status`, key: 'ready' }, call),
    hosts: () => calls.hosts(),
    close: () => calls.close(),
  };
}
