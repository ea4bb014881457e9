/** Why an ONNX file does not open, in words that its owner can act on. */
import { access, readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { findExternalData } from './external-data.ts';
import { unsupportedValues } from './value-types.ts';

/** An error that names the file; what ONNX Runtime said is its cause. */
export async function openError(modelPath: string, cause: unknown): Promise<Error> {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new Error(await explain(modelPath, reason).catch(() => `${basename(modelPath)}: ${reason}`), { cause });
}

async function explain(modelPath: string, reason: string): Promise<string> {
  const name = basename(modelPath);
  if (!(await exists(modelPath))) return `The model file does not exist: ${modelPath}`;
  if (/Protobuf parsing failed|does not have a graph|No graph was found/i.test(reason)) {
    return `${name} is not an ONNX model, or it is damaged`;
  }
  if (/Unsupported data type/.test(reason)) {
    const values = unsupportedValues(await readFile(modelPath)).join(', ');
    return `${name}: onnxruntime-node cannot carry the type of ${values}; export the model with float32 or float16 there`;
  }
  const missing = await missingExternalData(modelPath);
  if (missing.length > 0)
    return `${name} has external data in ${missing.join(', ')}, which is not in the model's folder`;
  return reason.includes(name) ? reason : `${name}: ${reason}`;
}

async function missingExternalData(modelPath: string): Promise<string[]> {
  const missing: string[] = [];
  for (const location of await findExternalData(modelPath)) {
    if (!(await exists(join(dirname(modelPath), location)))) missing.push(location);
  }
  return missing;
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
