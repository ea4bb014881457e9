/** TorchServe's inference API. */
import type { CallOptions, ClientOptions, ModelRef } from '../client-options.ts';
import { isReady } from '../rest/is-ready.ts';
import { modelPath } from '../rest/model-path.ts';
import { RestCalls } from '../rest/rest-calls.ts';
import { encodeInput, type PredictionInput } from './prediction-input.ts';
import { decodeValue } from './prediction-value.ts';

/** A client of TorchServe's inference API, which this project's server speaks, too. */
export interface TorchServeClient {
  /**
   * Asks a model.
   * @returns a value of JSON, a text for `text/*`, else a Uint8Array, by the content type of the answer
   * @example await client.predict('mnist', image)
   * @throws ClientError
   */
  predict(model: ModelRef, input: PredictionInput, options?: CallOptions): Promise<unknown>;
  /** The same of `/explanations`. @throws ClientError */
  explain(model: ModelRef, input: PredictionInput, options?: CallOptions): Promise<unknown>;
  /** The body of an answer as it comes: of one in parts, each part when the handler has made it. @throws ClientError */
  predictStream(model: ModelRef, input: PredictionInput, options?: CallOptions): AsyncGenerator<Uint8Array, void>;
  /** `GET /ping`: whether the server is healthy. @throws ClientError without an answer */
  isHealthy(options?: CallOptions): Promise<boolean>;
  /** Closes the connections, when the calls on them are over. */
  close(): Promise<void>;
}

/**
 * @param hosts such as `http://127.0.0.1:8080`; several are used in turn
 * @throws RangeError for what is no address
 */
export function createTorchServeClient(
  hosts: string | readonly string[],
  options: ClientOptions = {},
): TorchServeClient {
  const calls = new RestCalls(hosts, options);
  const requestOf = async (path: string, input: PredictionInput) =>
    ({ method: 'POST', path, ...(await encodeInput(input)) }) as const;
  return {
    async predict(model, input, call) {
      return decodeValue(await calls.send(await requestOf(`/predictions/${modelPath(model)}`, input), call));
    },
    async explain(model, input, call) {
      return decodeValue(await calls.send(await requestOf(`/explanations/${modelPath(model)}`, input), call));
    },
    async *predictStream(model, input, call) {
      yield* calls.stream(await requestOf(`/predictions/${modelPath(model)}`, input), call);
    },
    isHealthy: (call) => isReady(calls, { path: '/ping', key: 'healthy' }, call),
    close: () => calls.close(),
  };
}
