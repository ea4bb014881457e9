/** Parameters of the management API: in the query, or as the keys of a JSON body. */
import { ServeError, messageOf } from '../../core/errors.ts';
import type { PlainRequest } from '../endpoint.ts';

/** Reads parameters the way TorchServe does: of a repeated one the first counts, an integer that is none is not there. */
export class Parameters {
  readonly #values: ReadonlyMap<string, string>;

  constructor(values: ReadonlyMap<string, string>) {
    this.#values = values;
  }

  /** Undefined when it was not given; empty text is a value. */
  text(name: string): string | undefined {
    return this.#values.get(name);
  }

  /** @throws ServeError `invalid_argument` when it is not there */
  required(name: string): string {
    const value = this.#values.get(name);
    if (value === undefined) throw new ServeError('invalid_argument', `Parameter ${name} is required.`);
    return value;
  }

  /** Undefined when it was not given or is no integer. @throws ServeError `invalid_argument` below `minimum` */
  integer(name: string, minimum: number): number | undefined {
    const text = this.#values.get(name)?.trim();
    if (text === undefined || !/^[+-]?\d{1,15}$/.test(text)) return undefined;
    const value = Number(text);
    if (value >= minimum) return value;
    throw new ServeError('invalid_argument', `Parameter ${name} must be at least ${minimum}, got ${text}.`);
  }

  /** True only for `true`, in any case. */
  boolean(name: string, fallback: boolean): boolean {
    const text = this.#values.get(name);
    return text === undefined ? fallback : text.toLowerCase() === 'true';
  }
}

/** The query alone. */
export function queryParameters({ query }: PlainRequest): Parameters {
  const values = new Map<string, string>();
  for (const [name, value] of query) if (!values.has(name)) values.set(name, value);
  return new Parameters(values);
}

/** A JSON object in the body when there is one, else the query. @throws ServeError `invalid_argument` for JSON that is no object */
export async function bodyOrQueryParameters(request: PlainRequest): Promise<Parameters> {
  if (request.mediaType !== 'application/json') return queryParameters(request);
  const text = Buffer.concat(await request.readBody()).toString('utf8');
  if (text.trim() === '') return queryParameters(request);
  const entries = Object.entries(parseObject(text)).filter(([, value]) => value !== null);
  return new Parameters(new Map(entries.map(([name, value]) => [name, textOf(name, value)])));
}

function textOf(name: string, value: unknown): string {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return String(value);
  throw new ServeError('invalid_argument', `Parameter ${name} must be a text, a number or true or false.`);
}

function parseObject(text: string): object {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new ServeError('invalid_argument', `The body is not valid JSON: ${messageOf(error)}`, { cause: error });
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  throw new ServeError('invalid_argument', 'The body must be a JSON object of parameters.');
}
