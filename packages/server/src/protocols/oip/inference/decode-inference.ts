/** What a handler gets of a request, and what of its result is the answer; the same for every form that requests come in. */
import type { RowResult } from '@marserve/handlers';
import { requestRow } from '../../tensors/request-row.ts';
import { resultTensors } from '../../tensors/result-tensors.ts';
import type { CodecModel, DecodedRequest } from '../../codec.ts';
import { checkInputs } from '../../tensors/check-inputs.ts';
import { datatypeOf } from '../tensors/datatypes.ts';
import type { InferRequest } from './infer-request.ts';
import type { InferResponse } from './infer-response.ts';
import { checkParameters } from './check-parameters.ts';
import type { Parameters } from './parameters.ts';
import { unknownOutput, type WantedOutput } from './select-outputs.ts';

/** @throws PredictionError 400 for inputs and outputs that the model does not have, and for odd parameters */
export function decodeInference(infer: InferRequest, model: CodecModel): DecodedInference {
  const { signature } = model;
  checkParameters(infer.parameters);
  checkInputs(infer.inputs, signature, datatypeOf);
  const { outputs } = signature;
  const unknown = infer.outputs?.find(({ name }) => !outputs.some((each) => each.name === name));
  if (unknown !== undefined && outputs.length > 0) throw unknownOutput(unknown.name, outputs);
  return {
    rows: [requestRow(infer.inputs, signature)],
    reply: withClasses(infer, model),
    keepsTensors: true,
    parameters: infer.parameters,
  };
}

/** A request for an inference, decoded. */
export interface DecodedInference extends DecodedRequest {
  /** For whoever writes the answer. */
  readonly reply: InferReply;
}

/** What the answer needs to know of its request. */
export interface InferReply extends InferRequest {
  /** Those that the request wants; undefined for all. */
  readonly outputs?: readonly WantedOutput[];
}

/** The labels are those of the graph, where it has some, or of the archive. */
function withClasses(infer: InferRequest, { signature, labelOf = () => '' }: CodecModel): InferReply {
  if (infer.outputs?.some(({ classes }) => classes !== undefined) !== true) return infer;
  const outputs = infer.outputs.map((output): WantedOutput => {
    const { name, classes: count } = output;
    if (count === undefined) return output;
    const labels = signature.outputs.find((spec) => spec.name === name)?.labels;
    const named = labels === undefined ? labelOf : (index: number) => String(labels[index] ?? '');
    return { ...output, classification: { count, labelOf: named } };
  });
  return { ...infer, outputs };
}

/** What a handler gave for a request. */
export interface InferResult {
  /** Of the request; undefined when it had none. */
  readonly id: string | undefined;
  /** As `BaseHandler` or another handler gives it. */
  readonly value: RowResult;
  /** That the handler set on the answer. */
  readonly parameters: Parameters;
}

/** @throws Error for what is no result */
export function inferResponse({ id, value, parameters }: InferResult, model: CodecModel): InferResponse {
  const { name: modelName, version: modelVersion, signature } = model;
  const outputs = resultTensors(value, signature);
  return id === undefined
    ? { modelName, modelVersion, parameters, outputs }
    : { modelName, modelVersion, id, parameters, outputs };
}
