/** A predictor that speaks Seldon Core's protocol, over REST or gRPC: a component in its wrapper, or a deployment. */
import type { CallOptions, Host, SeldonClient, SeldonMessage } from '@marserve/client';
import { payloadOf } from '../component/payload.ts';
import { PredictionError } from '../prediction-error.ts';
import { rowsOfTensors } from './convert.ts';
import { hasTensors, type PredictorInputs, type PredictorOutputs } from './payload.ts';
import type { Predictor, PredictorOperation } from './predictor.ts';
import type { PredictorOptions, SeldonProtocol } from './transformer-options.ts';

/** The name of a model is that of a deployment; without one, whoever is at the host is asked. @throws RangeError for a host that is no address */
export async function openSeldonPredictor(
  { host, client, model, isModelNamed }: PredictorOptions,
  protocol: SeldonProtocol,
): Promise<Predictor> {
  const options = { ...client, ...(isModelNamed && { deployment: model.name }) };
  const open =
    protocol === 'seldon'
      ? (await import('@marserve/client')).createSeldonClient
      : (await import('@marserve/client/grpc')).createSeldonGrpcClient;
  return new SeldonPredictor(open(host, options), protocol);
}

/** Rows are the lists of `ndarray`, and predictions the rows of the answer. */
class SeldonPredictor implements Predictor {
  readonly takesTensors = false;
  readonly #client: SeldonClient;
  readonly #protocol: SeldonProtocol;

  constructor(client: SeldonClient, protocol: SeldonProtocol) {
    this.#client = client;
    this.#protocol = protocol;
  }

  async ask(operation: PredictorOperation, inputs: PredictorInputs, call: CallOptions): Promise<PredictorOutputs> {
    if (operation !== 'predict') {
      throw new PredictionError(
        `The protocol ${this.#protocol} has no explanations: use predictor_protocol v1 or v2`,
        501,
      );
    }
    const instances = hasTensors(inputs) ? rowsOfTensors(inputs.inputs) : inputs.instances;
    return { predictions: predictionsOf(await this.#client.predict({ data: { ndarray: instances } }, call)) };
  }

  async problem(call: CallOptions): Promise<string | undefined> {
    return (await this.#client.isReady(call)) ? undefined : 'it is not well';
  }

  hosts(): Promise<readonly Host[]> {
    return this.#client.hosts();
  }
}

/** What is no list is one prediction. @throws PredictionError 502 for what is no message */
function predictionsOf(answer: SeldonMessage): readonly unknown[] {
  try {
    const { value } = payloadOf(answer);
    return Array.isArray(value) ? value : [value];
  } catch (error) {
    throw new PredictionError(`The predictor answered no SeldonMessage: ${(error as Error).message}`, 502);
  }
}
