/** What a transformer's stages are given and give: the bodies of the predictor's protocol. */
import type { NamedTensors } from '@marserve/client';

/** A request of V1, and of requests that are not made of tensors. */
export interface InstancesPayload {
  /** One for each row of the request. */
  readonly instances: readonly unknown[];
  /** Further keys of V1. */
  readonly [key: string]: unknown;
}

/** A request of V2. */
export interface TensorsPayload {
  /** The model's inputs by their names. */
  readonly inputs: NamedTensors;
  /** Parameters of the request. */
  readonly parameters?: Readonly<Record<string, boolean | number | bigint | string>>;
}

/** What `preprocess` gets and gives. */
export type PredictorInputs = InstancesPayload | TensorsPayload;

/** An answer of V1. */
export interface PredictionsPayload {
  /** One for each instance. */
  readonly predictions: readonly unknown[];
  /** What an explainer says of them. */
  readonly explanations?: readonly unknown[];
  /** Further keys of V1. */
  readonly [key: string]: unknown;
}

/** An answer of V2. */
export interface OutputsPayload {
  /** The model's outputs by their names. */
  readonly outputs: NamedTensors;
}

/** What `postprocess` gets, and may give. */
export type PredictorOutputs = PredictionsPayload | OutputsPayload;

/** Whether a request is made of tensors. */
export function hasTensors(payload: PredictorInputs): payload is TensorsPayload {
  return !('instances' in payload) && 'inputs' in payload;
}
