/** What a handler answered, as JSON can hold it. */
import { isTensor } from '@marserve/handlers/tensor';
import { tensorToJson } from '@marserve/handlers/tensor-json';

/** A tensor, or an object of tensors by name, as nested arrays; anything else as it is. */
export function plainResult(result: unknown): unknown {
  if (isTensor(result)) return tensorToJson(result);
  if (typeof result !== 'object' || result === null || Array.isArray(result)) return result;
  const entries = Object.entries(result);
  if (!entries.some(([, value]) => isTensor(value))) return result;
  return Object.fromEntries(
    entries.map(([name, value]: [string, unknown]) => [name, isTensor(value) ? tensorToJson(value) : value]),
  );
}
