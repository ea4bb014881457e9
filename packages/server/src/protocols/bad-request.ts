/** What is said to clients of their requests. */
import { PredictionError } from '@marserve/handlers/prediction-error';

/** An error that is answered with status 400. */
export function badRequest(message: string): PredictionError {
  return new PredictionError(message, 400);
}

const MAX_SHOWN_CHARS = 60;

/** A value as a message shows it, cut short. */
export function shown(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (Array.isArray(value)) return value.length > 20 ? `a list of ${value.length}` : cut(listText(value));
  if (typeof value === 'object' && value !== null) return 'an object';
  return cut(typeof value === 'bigint' ? String(value) : (JSON.stringify(value) ?? typeof value));
}

function listText(list: readonly unknown[]): string {
  return `[${list.map((each) => (typeof each === 'object' ? '…' : shown(each))).join(', ')}]`;
}

function cut(text: string): string {
  return text.length <= MAX_SHOWN_CHARS ? text : `${text.slice(0, MAX_SHOWN_CHARS)}…`;
}
