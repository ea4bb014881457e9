/** An instance of a request as the row of a handler. */
import type { Row } from '@marserve/handlers';
import { isFloatTensor } from '@marserve/handlers/tensor-json';
import { isRecord } from './is-record.ts';

/** One with a field `data` or `body` is a row as TorchServe's fields of a form are; any other is the body of a row. */
export function rowOfInstance(instance: unknown): Row {
  return isRecord(instance) && isRow(instance) ? instance : { body: instance };
}

function isRow(instance: Readonly<Record<string, unknown>>): boolean {
  return (Object.hasOwn(instance, 'data') || Object.hasOwn(instance, 'body')) && !isFloatTensor(instance);
}
