/** ONNX Runtime Server's protocol over REST. */
import { ClientError, reasonOf } from '../client-error.ts';
import type { ClientOptions, ModelRef } from '../client-options.ts';
import { isReady } from '../rest/is-ready.ts';
import { modelPath } from '../rest/model-path.ts';
import { readJsonObject, wrongAnswer } from '../rest/read-json.ts';
import { RestCalls, type RestAnswer } from '../rest/rest-calls.ts';
import { readPredictJson, writePredictJson } from './predict-json.ts';
import { readPredictResponse, writePredictRequest } from './predict-message.ts';
import type { OnnxRuntimeServerClient, PredictResponse } from './predict.ts';

/** Settings of a client of the protocol over REST. */
export interface OnnxRuntimeServerOptions extends ClientOptions {
  /** In which form requests and answers are; `protobuf` by default, which is quicker and smaller. */
  readonly bodies?: 'protobuf' | 'json' | undefined;
}

/**
 * @param hosts such as `http://127.0.0.1:8001`; several are used in turn
 * @throws RangeError for what is no address
 */
export function createOnnxRuntimeServerClient(
  hosts: string | readonly string[],
  options: OnnxRuntimeServerOptions = {},
): OnnxRuntimeServerClient {
  const calls = new RestCalls(hosts, options);
  const form = FORMS[options.bodies ?? 'protobuf'];
  return {
    async predict(request, call) {
      const headers = { 'content-type': form.type, accept: form.type };
      const path = pathOf(request.model);
      return decode(await calls.send({ method: 'POST', path, headers, body: form.write(request) }, call));
    },
    isHealthy: (call) => isReady(calls, { path: '/', key: 'healthy' }, call),
    close: () => calls.close(),
  };
}

/** Servers that speak other protocols, too, may take `application/octet-stream` for one of these. */
const PROTOBUF = 'application/x-protobuf';

const FORMS = {
  protobuf: { type: PROTOBUF, write: writePredictRequest },
  json: { type: 'application/json', write: writePredictJson },
} as const;

function pathOf(model: ModelRef | undefined): string {
  return model === undefined ? '/score' : `/v1/models/${modelPath(model, 'versions/')}:predict`;
}

/** By what its content type says. @throws ClientError `answer` */
function decode(answer: RestAnswer): PredictResponse {
  const type = (answer.headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
  try {
    if (type === FORMS.json.type) return readPredictJson(readJsonObject(answer));
    if (PROTOBUF_TYPES.includes(type)) return readPredictResponse(answer.bytes);
  } catch (error) {
    if (error instanceof ClientError) throw error;
    throw wrongAnswer(answer, `the answer is no PredictResponse: ${reasonOf(error)}`);
  }
  throw wrongAnswer(answer, `expected a PredictResponse in protobuf or JSON, got "${type}"`);
}

const PROTOBUF_TYPES = [PROTOBUF, 'application/octet-stream', 'application/vnd.google.protobuf'];
