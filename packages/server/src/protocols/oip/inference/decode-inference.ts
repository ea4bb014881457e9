/** What a handler gets of a request, and what of its result is the answer; the same for every form that requests come in. */
import type { RowResult } from '@marserve/handlers';
import type { CodecModel, DecodedRequest } from '../../codec.ts';
import { checkInputs } from '../tensors/check-inputs.ts';
import { resultTensors } from '../tensors/result-tensors.ts';
import type { InferRequest } from './infer-request.ts';
import type { InferResponse } from './infer-response.ts';
import type { Parameters } from './parameters.ts';
import { requestRow } from './request-row.ts';
import { unknownOutput } from './select-outputs.ts';

/** @throws PredictionError 400 for inputs and outputs that the model does not have */
export function decodeInference(infer: InferRequest, { signature }: CodecModel): DecodedRequest {
  checkInputs(infer.inputs, signature);
  const { outputs } = signature;
  const unknown = infer.outputs?.find(({ name }) => !outputs.some((each) => each.name === name));
  if (unknown !== undefined && outputs.length > 0) throw unknownOutput(unknown.name, outputs);
  return {
    rows: [requestRow(infer.inputs, signature)],
    reply: infer,
    keepsTensors: true,
    parameters: infer.parameters,
  };
}

/** What a handler gave for a request. */
export interface InferResult {
  readonly id: string | undefined;
  readonly value: RowResult;
  /** That the handler set on the answer. */
  readonly parameters: Parameters;
}

/** @throws Error for what is no result */
export function inferResponse({ id, value, parameters }: InferResult, model: CodecModel): InferResponse {
  return {
    modelName: model.name,
    modelVersion: model.version,
    ...(id !== undefined && { id }),
    parameters,
    outputs: resultTensors(value, model.signature),
  };
}
