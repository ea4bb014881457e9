/** A session, as servers tell it. */
import { isRecord } from '../json/is-record.ts';

/** A tensor that a session takes or gives. */
export interface SessionTensor {
  /** As the server has it: those of `Tensor`, and `boolean`. */
  readonly type: string;
  /** −1 for any size. */
  readonly shape: readonly number[];
}

/** A version of a model that is loaded. */
export interface Session {
  /** Name of the model. */
  readonly model: string;
  /** Its version. */
  readonly version: string;
  /** What it takes, by its name. */
  readonly inputs: Readonly<Record<string, SessionTensor>>;
  /** What it gives, by its name. */
  readonly outputs: Readonly<Record<string, SessionTensor>>;
  /** Further facts, such as `execution_count`. */
  readonly [fact: string]: unknown;
}

/** @throws RangeError for what is no session */
export function readSession(body: Readonly<Record<string, unknown>>): Session {
  const { model, version, inputs, outputs, ...facts } = body;
  if (typeof model !== 'string') throw new RangeError('expected a session with a text "model"');
  return { ...facts, model, version: String(version), inputs: tensorsIn(inputs), outputs: tensorsIn(outputs) };
}

/** `float32[-1,3]` by name. */
function tensorsIn(texts: unknown): Record<string, SessionTensor> {
  if (!isRecord(texts)) throw new RangeError('expected a session with objects "inputs" and "outputs"');
  return Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, tensorIn(String(text))]));
}

function tensorIn(text: string): SessionTensor {
  const [, type = '', sizes = ''] = /^(\w+)\[([-\d,\s]*)\]$/.exec(text) ?? [];
  if (type === '') throw new RangeError(`expected a tensor such as float32[-1,3], got "${text.slice(0, 100)}"`);
  return { type, shape: sizes.trim() === '' ? [] : sizes.split(',').map(Number) };
}
