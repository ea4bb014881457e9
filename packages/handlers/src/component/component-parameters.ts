/** The parameters that a component is made with, in the graph's form: `[{name, value, type}]`. */
import { isPlainObject } from '../model-config.ts';
import { valueText } from '../tensor/tensor-json.ts';

/** Parameters by their names. */
export type ComponentParameters = Readonly<Record<string, unknown>>;

/** @param parameters a list, or its JSON as in `PREDICTIVE_UNIT_PARAMETERS` @throws Error for what is none, naming the parameter */
export function readParameters(parameters: unknown): ComponentParameters {
  const list = typeof parameters === 'string' ? parsed(parameters) : parameters;
  if (!Array.isArray(list))
    throw new Error(`parameters: expected a list of {name, value, type}, got ${valueText(list)}`);
  return Object.fromEntries(list.map(readParameter));
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch (error) {
    throw new Error(`parameters: expected JSON, got ${valueText(json)}: ${(error as Error).message}`, { cause: error });
  }
}

function readParameter(parameter: unknown): [string, unknown] {
  const { name, value, type = 'STRING' } = isPlainObject(parameter) ? parameter : {};
  if (typeof name !== 'string' || name === '')
    throw new Error(`parameters: expected {name, value, type}, got ${valueText(parameter)}`);
  const read = typeof type === 'string' && Object.hasOwn(TYPES, type) ? TYPES[type] : undefined;
  if (read === undefined)
    throw new Error(`parameter "${name}": expected a type of ${Object.keys(TYPES).join(', ')}, got ${valueText(type)}`);
  const result = read(typeof value === 'string' ? value.trim() : String(value));
  if (result === undefined) throw new Error(`parameter "${name}": expected ${String(type)}, got ${valueText(value)}`);
  return [name, result];
}

const TYPES: Readonly<Record<string, (value: string) => unknown>> = {
  INT: (value) => (/^[+-]?\d+$/.test(value) && Number.isSafeInteger(Number(value)) ? Number(value) : undefined),
  FLOAT: readNumber,
  DOUBLE: readNumber,
  STRING: (value) => value,
  BOOL: (value) => BOOLS[value.toLowerCase()],
};

function readNumber(value: string): number | undefined {
  return value !== '' && Number.isFinite(Number(value)) ? Number(value) : undefined;
}

const BOOLS: Readonly<Partial<Record<string, boolean>>> = {
  true: true,
  '1': true,
  t: true,
  y: true,
  yes: true,
  on: true,
  false: false,
  '0': false,
  f: false,
  n: false,
  no: false,
  off: false,
};
