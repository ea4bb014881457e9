/** The JSON body of a V1 request → rows with tensors in place of lists of plain numbers, as nearly all of them are. */
import type { Row, Tensor, TensorSpec } from '@marserve/handlers';
import {
  ANY,
  FEW_BYTES,
  haveForms,
  isFloatTensor,
  parseJsonWithFloats,
  type JsonPlace,
} from '@marserve/handlers/tensor-json';
import { splitTensor } from '@marserve/handlers/tensor';
import { isRecord } from '../is-record.ts';
import { hasEventKeys } from './cloud-event.ts';
import { rowsOf } from './instances.ts';

/**
 * Undefined for bodies without such lists, and for those that have them elsewhere or in shapes that the inputs do not take: they
 * are parsed, and their faults found, as any JSON is.
 * @param inputs of a handler that takes tensors
 */
export function tensorRows(bytes: Buffer, inputs: readonly TensorSpec[] = []): Row[] | undefined {
  if (bytes.length < FEW_BYTES) return undefined;
  const floats = inputs.filter(({ type }) => type === 'float32');
  // Base64 stands in strings that are looked for in all of the body.
  if (floats.length === 0 || bytes.includes('"b64"')) return undefined;
  const body = parseJsonWithFloats(bytes, placesOf(inputs, floats));
  if (!isRecord(body) || hasEventKeys(body)) return undefined;
  const rows = rowsOf(withElements(body));
  return rows.every((row) => isFit(row, inputs)) ? rows : undefined;
}

function placesOf({ length }: readonly TensorSpec[], floats: readonly TensorSpec[]): JsonPlace[] {
  const named = floats.flatMap(({ name }): JsonPlace[] => [
    ['inputs', name],
    ['instances', ANY, name],
  ]);
  return length === 1 ? [['instances'], ['inputs'], ...named] : named;
}

/** Lists of instances, and columns, as lists of tensors. */
function withElements({ instances, inputs, ...others }: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const columns = isRecord(inputs) && !isFloatTensor(inputs) ? Object.entries(inputs) : undefined;
  const lists = columns?.map(([name, column]) => [name, elementsOf(column)] as const);
  return {
    ...others,
    ...(instances !== undefined && { instances: elementsOf(instances) }),
    ...(inputs !== undefined && { inputs: lists === undefined ? elementsOf(inputs) : Object.fromEntries(lists) }),
  };
}

function elementsOf(value: unknown): unknown {
  if (!isFloatTensor(value)) return value;
  const [count = 0, ...shape] = value.shape;
  return splitTensor(value, Array<number>(count).fill(1)).map(({ type, data }): Tensor => ({ type, shape, data }));
}

/** Whether the tensors of a row are such as the inputs take. */
function isFit(row: Row, inputs: readonly TensorSpec[]): boolean {
  const [only] = inputs;
  const { body } = row;
  if (isFloatTensor(body)) return only !== undefined && haveForms({ [only.name]: body }, [only]);
  return haveForms(row, inputs) && (!isRecord(body) || haveForms(body, inputs));
}
