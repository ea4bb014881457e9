/** The paths of GJSON that conditions of an InferenceGraph are written in, as far as graphs know such conditions. */

/** A condition of a graph. */
export interface GraphCondition {
  /** Path in the request. */
  readonly path: string;
  /** Any test of a condition. */
  readonly [test: string]: unknown;
}

const TESTS: Readonly<Record<string, string>> = { '==': 'equals', '>': 'above', '<': 'below' };

const PLAIN = /^[\w-]+(\.[\w-]+)*$/;
/** Such as `instances.#(kind=="flat").kind`. */
const QUERY = /^(.+)\.#\(([\w-]+(?:\.[\w-]+)*)\s*(==|>|<)\s*(.+?)\)#?(?:\.[\w.-]+)?$/;

/** @param text such as `instances.0.kind` or `[@this].#(kind=="flat")` @returns undefined for what cannot be said in a graph */
export function readGjson(text: string): GraphCondition | undefined {
  const path = text.trim().replace(/^@this\./, '');
  if (PLAIN.test(path)) return { path, exists: true };
  const [, list = '', key = '', sign = '', literal = ''] = QUERY.exec(path) ?? [];
  const test = TESTS[sign];
  const value = literalOf(literal);
  if (test === undefined || value === undefined || (test !== 'equals' && typeof value !== 'number')) return undefined;
  if (list === '[@this]') return { path: key, [test]: value };
  return PLAIN.test(list) ? { path: `${list}.*.${key}`, [test]: value } : undefined;
}

/** A number, true, false, or a text in quotes. */
function literalOf(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' ? undefined : value;
  } catch {
    return undefined;
  }
}
