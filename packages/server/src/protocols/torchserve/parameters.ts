/** Parameters of the management API: in the query, or in the body as a JSON object or a form. */
import { parse } from 'lossless-json';
import { ServeError, messageOf } from '../../core/errors.ts';
import type { JobInput } from '../../core/jobs/job.ts';
import type { Parameter, PlainRequest } from '../endpoint.ts';
import { misspelt } from '@marserve/archiver/command-line';

/** What a request says; what cannot be meant is refused, where TorchServe takes its default. */
export class Parameters {
  readonly #values: ReadonlyMap<string, string>;
  /** Names that the endpoint does not know. */
  readonly ignored: readonly string[];

  constructor(values: ReadonlyMap<string, string>, ignored: readonly string[] = []) {
    this.#values = values;
    this.ignored = ignored;
  }

  /** Undefined when it was not given. @throws ServeError `invalid_argument` when it is empty */
  text(name: string): string | undefined {
    const value = this.#values.get(name);
    if (value?.trim() === '') throw wrong(name, 'a value', value);
    return value;
  }

  /** It may be empty. @throws ServeError `invalid_argument` when it is not there */
  required(name: string): string {
    const value = this.#values.get(name);
    if (value === undefined) throw new ServeError('invalid_argument', `Parameter ${name} is required.`);
    return value;
  }

  /** Undefined when it was not given. @throws ServeError `invalid_argument` when it is no integer, or below `minimum` */
  integer(name: string, minimum: number): number | undefined {
    const text = this.#values.get(name)?.trim();
    if (text === undefined) return undefined;
    if (!/^[+-]?\d{1,15}$/.test(text)) throw wrong(name, 'an integer', text);
    const value = Number(text);
    if (value >= minimum) return value;
    throw new ServeError('invalid_argument', `Parameter ${name} must be at least ${minimum}, got ${text}.`);
  }

  /** `true` or `false`, in any case. @throws ServeError `invalid_argument` for anything else */
  boolean(name: string, fallback: boolean): boolean {
    const text = this.#values.get(name);
    if (text === undefined) return fallback;
    const word = text.trim().toLowerCase();
    if (word !== 'true' && word !== 'false') throw wrong(name, 'true or false', text);
    return word === 'true';
  }
}

function wrong(name: string, expected: string, given: string): ServeError {
  return new ServeError('invalid_argument', `Parameter ${name} must be ${expected}, got ${JSON.stringify(given)}.`);
}

/**
 * Reads query and body.
 * @param known what the endpoint's table says of it
 * @throws ServeError `invalid_argument` for a body that is no JSON object and no form, for a parameter with two different values, and
 *   for a name that is almost a known one
 */
export async function readParameters(request: PlainRequest, known: readonly Parameter[]): Promise<Parameters> {
  const values = new Map<string, string>();
  for (const [name, value] of [...request.query, ...(await bodyEntries(request))]) {
    const former = values.get(name);
    if (former !== undefined && former !== value) throw givenTwice(name, former, value);
    assertText(name, value);
    values.set(name, value);
  }
  const names = known.flatMap((parameter) => (parameter.in === 'query' ? [parameter.name] : []));
  const ignored = [...values.keys()].filter((name) => !names.includes(name));
  for (const name of ignored) assertMeant(name, names);
  return new Parameters(values, ignored);
}

/** What a percent sign stood for, and is not UTF-8, has been replaced by now. */
function assertText(name: string, value: string): void {
  if (!name.includes('\uFFFD') && !value.includes('\uFFFD')) return;
  throw new ServeError('invalid_argument', `Parameter ${name} is not text in UTF-8: ${JSON.stringify(value)}.`);
}

function givenTwice(name: string, former: unknown, value: unknown): ServeError {
  const given = `${JSON.stringify(former)} and ${JSON.stringify(value)}`;
  return new ServeError('invalid_argument', `Parameter ${name} is given twice, with different values: ${given}.`);
}

function assertMeant(name: string, known: readonly string[]): void {
  const meant = misspelt(name, known);
  if (meant === undefined) return;
  throw new ServeError('invalid_argument', `Unknown parameter ${JSON.stringify(name)}. Did you mean ${meant}?`);
}

/** As much as a query may have; millions of parameters take seconds, on the daemon's thread. */
const MAX_BODY_BYTES = 16 * 1024;

async function bodyEntries(request: PlainRequest): Promise<[string, string][]> {
  if (request.method !== 'POST' && request.method !== 'PUT') return [];
  const text = (await request.readInputs(MAX_BODY_BYTES)).map(textIn).join('');
  if (text.trim() === '') return [];
  if (request.mediaType === 'application/json') {
    const entries = Object.entries(parseObject(text)).filter(([, value]) => value !== null);
    return entries.map(([name, value]) => [name, textOf(name, value)]);
  }
  if (request.mediaType === 'application/x-www-form-urlencoded' && !text.trimStart().startsWith('{')) {
    return [...new URLSearchParams(text)];
  }
  const message = `The body must be a JSON object with the content type application/json, or a form; got ${JSON.stringify(request.mediaType)}.`;
  throw new ServeError('invalid_argument', message);
}

/** Without a byte order mark. */
function textIn({ charset = 'utf-8', chunks }: JobInput): string {
  try {
    return new TextDecoder(charset, { fatal: true }).decode(Buffer.concat(chunks));
  } catch (error) {
    throw new ServeError('invalid_argument', `The body is not text in ${charset}.`, { cause: error });
  }
}

function textOf(name: string, value: unknown): string {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return String(value);
  throw new ServeError('invalid_argument', `Parameter ${name} must be a text, a number or true or false.`);
}

function parseObject(text: string): object {
  let value: unknown;
  try {
    value = JSON.parse(text);
    // Of a key that comes twice, JSON.parse takes the last value.
    parse(text, null, { parseNumber: Number, onDuplicateKey: refuseOther });
  } catch (error) {
    if (error instanceof ServeError) throw error;
    throw new ServeError('invalid_argument', `The body is not valid JSON: ${messageOf(error)}`, { cause: error });
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  throw new ServeError('invalid_argument', 'The body must be a JSON object of parameters.');
}

function refuseOther({ key, oldValue, newValue }: { key: string; oldValue: unknown; newValue: unknown }): unknown {
  if (oldValue !== newValue) throw givenTwice(key, oldValue, newValue);
  return newValue;
}
