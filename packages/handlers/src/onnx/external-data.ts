/** Which files beside a model hold its weights. */
import { basename, isAbsolute, win32 } from 'node:path';
import { fieldsOf, integerField, stringField } from './fields.ts';
import { readSkeleton } from './model-skeleton.ts';

type Message = 'model' | 'training' | 'function' | 'graph' | 'node' | 'attribute' | 'sparse' | 'tensor';

/** Where tensors may be in a model: message → field number → message. */
const CHILDREN: Readonly<Record<Exclude<Message, 'tensor'>, Readonly<Record<number, Message>>>> = {
  model: { 7: 'graph', 20: 'training', 25: 'function' },
  training: { 1: 'graph', 2: 'graph' },
  function: { 7: 'node', 11: 'attribute' },
  graph: { 1: 'node', 5: 'tensor', 15: 'sparse' },
  node: { 5: 'attribute' },
  attribute: { 5: 'tensor', 6: 'graph', 10: 'tensor', 11: 'graph', 22: 'sparse', 23: 'sparse' },
  sparse: { 1: 'tensor', 2: 'tensor' },
};

const EXTERNAL = 1;

/**
 * The files that the tensors of an ONNX model lie in, as paths relative to the model's folder, each once, in order.
 * @throws Error for a file that is not an ONNX model, and for a path that leads out of the model's folder
 */
export function findExternalData(modelPath: string): string[] {
  const name = basename(modelPath);
  const locations = new Set<string>();
  try {
    collect('model', readSkeleton(modelPath), locations);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== undefined) throw error;
    throw new Error(`${name} is not an ONNX model, or it is damaged`, { cause: error });
  }
  for (const location of locations) checkLocation(location, name);
  return [...locations];
}

function collect(message: Message, bytes: Uint8Array, locations: Set<string>): void {
  if (message === 'tensor') {
    const location = externalLocation(bytes);
    if (location !== undefined) locations.add(location);
    return;
  }
  for (const { number, bytes: nested } of fieldsOf(bytes)) {
    const child = CHILDREN[message][number];
    if (child !== undefined && nested !== undefined) collect(child, nested, locations);
  }
}

function externalLocation(tensor: Uint8Array): string | undefined {
  if (integerField(tensor, 14) !== EXTERNAL) return undefined;
  for (const { number, bytes } of fieldsOf(tensor)) {
    if (number === 13 && bytes !== undefined && stringField(bytes, 1) === 'location') return stringField(bytes, 2);
  }
  return '';
}

function checkLocation(location: string, model: string): void {
  const isInside =
    location !== '' && !isAbsolute(location) && !win32.isAbsolute(location) && !location.split(/[/\\]/).includes('..');
  if (isInside) return;
  throw new Error(
    `${model} has external data in ${JSON.stringify(location)}; expected a path inside the folder of the model`,
  );
}
