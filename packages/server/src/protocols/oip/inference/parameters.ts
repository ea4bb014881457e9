/** The parameters of a request, a tensor or an answer: names and plain values. */
import { badRequest, shown } from '../../bad-request.ts';
import { isRecord } from '../../is-record.ts';

/** A value of a parameter. */
export type ParameterValue = boolean | number | bigint | string;

/** By name. */
export type Parameters = Readonly<Record<string, ParameterValue>>;

/** @throws PredictionError 400 for what is no object of plain values, and for names that Triton keeps for itself */
export function readParameters(given: unknown, subject: string): Parameters {
  if (given === undefined || given === null) return {};
  if (!isRecord(given)) throw badRequest(`${subject}: expected an object as "parameters", got ${shown(given)}`);
  for (const [name, value] of Object.entries(given)) {
    if (name.startsWith('triton_')) throw badRequest(`${subject}: the name of parameter "${name}" is reserved`);
    if (isValue(value)) continue;
    throw badRequest(`${subject}: expected a boolean, number or text as parameter "${name}", got ${shown(value)}`);
  }
  return given as Parameters;
}

function isValue(value: unknown): value is ParameterValue {
  return (
    typeof value === 'boolean' || typeof value === 'number' || typeof value === 'bigint' || typeof value === 'string'
  );
}

/** @throws PredictionError 400 for what is neither true nor false; false where there is none */
export function readFlag(value: unknown, subject: string): boolean {
  if (value === undefined || typeof value === 'boolean') return value ?? false;
  throw badRequest(`${subject}: expected true or false, got ${shown(value)}`);
}

/** @throws PredictionError 400 for what is no integer from 0 on; 0 where there is none */
export function readCount(value: unknown, subject: string): number {
  if (value === undefined) return 0;
  const isCount = (typeof value === 'number' && Number.isInteger(value)) || typeof value === 'bigint';
  if (isCount && value >= 0 && value < 2 ** 64) return Number(value);
  throw badRequest(`${subject}: expected an integer from 0 on, got ${shown(value)}`);
}
