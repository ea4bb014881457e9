/** The parameters of a request that mean something to Triton: of the types that they have there, whether or not they do something here. */
import { badRequest, shown } from '../../bad-request.ts';
import { readCount, readFlag, type Parameters } from './parameters.ts';

/** @throws PredictionError 400 for one of another type, and for a name that is reserved */
export function checkParameters(parameters: Parameters): void {
  for (const name of Object.keys(parameters)) CHECKS.get(name)?.(parameters[name], `Parameter "${name}"`);
}

type Check = (value: unknown, subject: string) => void;

const CHECKS: ReadonlyMap<string, Check> = new Map<string, Check>([
  ['priority', readCount],
  ['timeout', readCount],
  ['sequence_start', readFlag],
  ['sequence_end', readFlag],
  ['sequence_id', readSequence],
  ['headers', refuse],
]);

function readSequence(value: unknown, subject: string): void {
  if (typeof value !== 'string') readCount(value, subject);
}

/** Triton keeps it for the headers of the request. */
function refuse(value: unknown, subject: string): never {
  throw badRequest(`${subject}: the name is reserved, got ${shown(value)}`);
}
