/** Predictors that are servers of ONNX Runtime: Microsoft's and kibae's. */
import type { CallOptions, OnnxRuntimeServerClient, Session, SessionRef, SessionsClient } from '@marserve/client';
import { PredictionError } from '../prediction-error.ts';
import type { TensorSpec } from '../signature.ts';
import type { TensorType } from '../tensor/tensor.ts';
import { tensorsOfInstances } from './convert.ts';
import { hasTensors, type PredictorInputs, type PredictorOutputs } from './payload.ts';
import type { Predictor, PredictorOperation } from './predictor.ts';
import type { PredictorOptions, RuntimeProtocol } from './transformer-options.ts';

/** @throws RangeError for a host that is no address; Error for sessions without a version */
export async function openRuntimePredictor(options: PredictorOptions, protocol: RuntimeProtocol): Promise<Predictor> {
  const { host, client } = options;
  if (protocol === 'grpc-onnxruntime-server') {
    const { createOnnxRuntimeServerGrpcClient } = await import('@marserve/client/grpc');
    return new OnnxRuntimePredictor(options, createOnnxRuntimeServerGrpcClient(host, client));
  }
  const { createOnnxRuntimeServerClient, createSessionsClient } = await import('@marserve/client');
  if (protocol === 'kibae') return new SessionPredictor(sessionOf(options), createSessionsClient(host, client));
  return new OnnxRuntimePredictor(options, createOnnxRuntimeServerClient(host, client));
}

/** Microsoft's server does not tell what its model takes. */
class OnnxRuntimePredictor implements Predictor {
  readonly takesTensors = true;
  readonly #model: PredictorOptions['model'] | undefined;
  readonly #client: OnnxRuntimeServerClient;

  constructor({ model, isModelNamed }: PredictorOptions, client: OnnxRuntimeServerClient) {
    // Its only model needs no name, and the transformer's own may be that of another one.
    this.#model = isModelNamed ? model : undefined;
    this.#client = client;
  }

  async ask(operation: PredictorOperation, inputs: PredictorInputs, call: CallOptions): Promise<PredictorOutputs> {
    assertPrediction(operation);
    const tensors = hasTensors(inputs) ? inputs.inputs : tensorsOfInstances(inputs.instances, []);
    return this.#client.predict({ model: this.#model, inputs: tensors }, call);
  }

  async problem(call: CallOptions): Promise<string | undefined> {
    return (await this.#client.isHealthy(call)) ? undefined : 'it is not healthy';
  }
}

class SessionPredictor implements Predictor {
  readonly takesTensors = true;
  readonly #session: SessionRef;
  readonly #client: SessionsClient;
  #specs: readonly TensorSpec[] | undefined;

  constructor(session: SessionRef, client: SessionsClient) {
    this.#session = session;
    this.#client = client;
  }

  async ask(operation: PredictorOperation, inputs: PredictorInputs, call: CallOptions): Promise<PredictorOutputs> {
    assertPrediction(operation);
    const tensors = hasTensors(inputs) ? inputs.inputs : await this.#toTensors(inputs.instances, call);
    return { outputs: await this.#client.predict(this.#session, tensors, call) };
  }

  async problem(call: CallOptions): Promise<string | undefined> {
    const { model, version } = this.#session;
    const isThere = (await this.#client.list(call)).some(
      (each) => each.model === model && each.version === String(version),
    );
    return isThere ? undefined : `it has no session ${model}/${version}`;
  }

  async #toTensors(instances: readonly unknown[], call: CallOptions) {
    this.#specs ??= specsOf(await this.#client.describe(this.#session, call));
    return tensorsOfInstances(instances, this.#specs);
  }
}

function sessionOf({ model: { name, version } }: PredictorOptions): SessionRef {
  if (version !== undefined) return { model: name, version };
  throw new Error('Model config: sessions of kibae have versions: expected predictor_model_version, such as "1"');
}

function specsOf({ inputs }: Session): TensorSpec[] {
  return Object.entries(inputs).map(([name, { type, shape }]) => {
    return { name, type: (type === 'boolean' ? 'bool' : type) as TensorType, shape };
  });
}

function assertPrediction(operation: PredictorOperation): void {
  if (operation === 'predict') return;
  throw new PredictionError('Servers of ONNX Runtime have no explanations: use predictor_protocol v1 or v2', 501);
}
