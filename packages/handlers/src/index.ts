/** What a model author writes against. Native libraries (ONNX Runtime, sharp, faiss) load when they are first used. */
export type * from './handler.ts';
export type { Dimension, ModelSignature, TensorSpec } from './signature.ts';
export { PredictionError } from './prediction-error.ts';
export { HandlerError } from './handler-error.ts';
export { BaseHandler, type BaseHandlerConfig, type RowInputs, type RowOutputs } from './base/base-handler.ts';
export { openSession, type OnnxOptions, type OnnxSession } from './onnx/onnx-session.ts';
export {
  createTensor,
  isTensor,
  splitTensor,
  stackTensors,
  type NamedTensors,
  type Tensor,
  type TensorData,
  type TensorElements,
  type TensorType,
} from './tensor/tensor.ts';
export { tensorFromJson, tensorToJson } from './tensor/tensor-json.ts';
export { argmax, softmax, topK, type Ranked } from './classifier/scores.ts';
export { decodeImage, type DecodedImage, type DecodeOptions, type ImageChannels } from './vision/decode-image.ts';
export { pixelsToTensor, type NormalizeOptions } from './vision/image-tensor.ts';
export { ImageClassifier, type ImageClassifierConfig } from './vision/image-classifier.ts';
export type { ImageConfig } from './vision/image-config.ts';
export { TabularClassifier, type TabularClassifierConfig } from './tabular/tabular-classifier.ts';
export { Transformer, type RequestHeaders } from './transformer/transformer.ts';
export type {
  InstancesPayload,
  OutputsPayload,
  PredictionsPayload,
  PredictorInputs,
  PredictorOutputs,
  TensorsPayload,
} from './transformer/payload.ts';
export type { GraphValue } from './graph/graph-value.ts';
export type {
  CombineFunction,
  ExperimentMemory,
  GraphResult,
  GraphStepContext,
  LearnContext,
  LearnFunction,
  RouteContext,
  RoutedArm,
  RoutedChoice,
  RouteFunction,
  RouterFeedback,
  TransformFunction,
} from './graph/modules/step-module.ts';
export { VectorSearch, type Match, type VectorSearchConfig } from './search/vector-search.ts';
export { openFaissIndex, type FaissIndex, type Neighbour } from './search/faiss.ts';
export { SeldonResponse, type SeldonComponent, type SeldonPayload, type SeldonResult } from './component/component.ts';
export type {
  SeldonData,
  SeldonFeedback,
  SeldonMessage,
  SeldonMeta,
  SeldonMetric,
  SeldonStatus,
} from './component/seldon-message.ts';
