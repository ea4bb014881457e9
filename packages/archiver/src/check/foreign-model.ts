/** Models that ONNX Runtime cannot open, and what to do with them. */
import { extname } from 'node:path';
import { hasPythonNamesake, type HandlerSource } from '../handler/handler-source.ts';
import type { PackageOptions } from '../package-options.ts';

interface Format {
  readonly kind: string;
  /** Python or a command that makes an ONNX model of it. */
  readonly exportBy: string;
}

const PYTORCH: Format = { kind: 'PyTorch', exportBy: 'torch.onnx.export(model.eval(), (example,), "model.onnx")' };
const PICKLED: Format = { kind: 'pickled Python', exportBy: 'skl2onnx.to_onnx(model, X[:1]), if scikit-learn made it' };
const KERAS: Format = { kind: 'Keras', exportBy: 'model.export("model.onnx", format="onnx")' };

/** By the extension of the file. */
const FORMATS: Readonly<Record<string, Format>> = {
  '.pt': PYTORCH,
  '.pth': PYTORCH,
  '.ckpt': PYTORCH,
  '.pkl': PICKLED,
  '.pickle': PICKLED,
  '.joblib': PICKLED,
  '.h5': KERAS,
  '.keras': KERAS,
  '.pb': { kind: 'TensorFlow', exportBy: 'python -m tf2onnx.convert --saved-model DIR --output model.onnx' },
  '.tflite': { kind: 'TensorFlow Lite', exportBy: 'python -m tf2onnx.convert --tflite FILE --output model.onnx' },
  '.safetensors': { kind: 'safetensors', exportBy: 'optimum-cli export onnx --model DIR OUTPUT, for transformers' },
  '.ubj': { kind: 'XGBoost', exportBy: 'onnxmltools.convert_xgboost(model, initial_types=…)' },
};

/** What is said of a model that the handler cannot run; undefined when there is nothing to say. */
export function foreignModelProblem(options: PackageOptions, handler: HandlerSource): string | undefined {
  const { serializedFile: file = '', modelFile } = options;
  if (handler.runtime !== 'node') return undefined;
  const format = FORMATS[extname(file).toLowerCase()];
  if (format !== undefined) {
    return `${file} is a ${format.kind} model (--serialized-file), which ${subjectOf(handler)} cannot run: ${wayOut(format, handler)}`;
  }
  if (modelFile === undefined) return undefined;
  return `${modelFile} has the class of a PyTorch model (--model-file), which ${subjectOf(handler)} cannot run: ${wayOut(PYTORCH, handler)}`;
}

function subjectOf({ kind, manifestName }: HandlerSource): string {
  return kind === 'built-in' ? `the handler ${manifestName}` : 'onnxruntime-node';
}

function wayOut({ exportBy }: Format, handler: HandlerSource): string {
  const torchServe = hasPythonNamesake(handler)
    ? ` For TorchServe's own ${handler.manifestName}, give --runtime python.`
    : '';
  return `export it to ONNX first, by ${exportBy}; then give that file with --serialized-file.${torchServe}`;
}
