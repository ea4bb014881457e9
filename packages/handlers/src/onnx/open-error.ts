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
  const tooNew = newerThanRuntime(reason);
  if (tooNew !== undefined) return `${name} ${tooNew}`;
  const missing = await missingExternalData(modelPath);
  if (missing.length > 0)
    return `${name} has external data in ${missing.join(', ')}, which is not in the model's folder`;
  const line = reason.replaceAll(/\s+/g, ' ').trim();
  return line.includes(name) ? line : `${name}: ${line}`;
}

/** What a model was written with that ONNX Runtime does not know yet, in its own words about its own limits. */
function newerThanRuntime(reason: string): string | undefined {
  const [, opset, domain, newest] =
    /\bOpset (\d+) is under development[^]*support for domain (\S+) is till opset (\d+)/.exec(reason) ?? [];
  if (newest !== undefined) {
    return `has opset ${opset} of ${domain}, which is newer than this onnxruntime takes: export it with opset ${newest} or older`;
  }
  const [, version, newestVersion] = /model IR version: (\d+), max supported IR version: (\d+)/.exec(reason) ?? [];
  if (newestVersion !== undefined) {
    return (
      `has IR version ${version}, which is newer than this onnxruntime takes: export it with an older version of onnx, ` +
      `or set model.ir_version to ${newestVersion} (or less) before it is saved`
    );
  }
  const [, unknownDomain, operator] = /Fatal error: (\S+):([^\s(]+)\(-?\d+\) is not a registered/.exec(reason) ?? [];
  if (operator === undefined) return undefined;
  return `needs the operator ${operator} of ${unknownDomain}, which onnxruntime does not have: export it with ONNX's own operators`;
}

async function missingExternalData(modelPath: string): Promise<string[]> {
  const missing: string[] = [];
  for (const location of findExternalData(modelPath)) {
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
