/**
 * Reads the head of a request of HTTP/1.1 that is as plain as most are, far more strictly than the standard (RFC 9112): what
 * is said here in one way only, node:http reads the same, and whatever else there may be is left to it.
 */

/** The head of a plain request. */
export interface PlainHead {
  /** The methods of most requests. */
  readonly method: 'GET' | 'POST';
  /** Path and query, as they came; neither with a slash at the end of the path nor with a fragment. */
  readonly target: string;
  /** Names and values in turn, in the client's spelling. */
  readonly rawHeaders: readonly string[];
  /** The names in lower case, each once. */
  readonly names: readonly string[];
  /** Bytes of the body behind it. */
  readonly bodyBytes: number;
}

const REQUEST_LINE = /^(GET|POST) (\/[\w\-.~!$&'()*+,;=:@%/?]*) HTTP\/1\.1$/;
const HEADER = /^([\w!#$%&'*+\-.^`|~]+): *((?:[\x21-\x7e](?:[\x20-\x7e\t]*[\x21-\x7e])?)?)$/;
const LENGTH = /^\d{1,9}$/;
const MOST_HEADERS = 64;

/** What changes how a request is read or answered, beyond its length. */
const LEFT_TO_NODE: ReadonlySet<string> = new Set([
  'transfer-encoding',
  'content-encoding',
  'expect',
  'upgrade',
  'trailer',
  'te',
  'proxy-connection',
]);

/** @param text of all lines, without the empty one behind them @returns undefined for one that is left to node:http */
export function readPlainHead(text: string): PlainHead | undefined {
  const [requestLine = '', ...lines] = text.split('\r\n');
  const [, method, target = ''] = REQUEST_LINE.exec(requestLine) ?? [];
  if ((method !== 'GET' && method !== 'POST') || hasSlashAtEnd(target) || lines.length > MOST_HEADERS) return undefined;
  const [rawHeaders, names]: [string[], string[]] = [[], []];
  let bodyBytes = 0;
  for (const line of lines) {
    const [, spelt, value = ''] = HEADER.exec(line) ?? [];
    if (spelt === undefined) return undefined;
    const name = spelt.toLowerCase();
    if (names.includes(name) || !isPlain(name, value)) return undefined;
    if (name === 'content-length') bodyBytes = Number(value);
    rawHeaders.push(spelt, value);
    names.push(name);
  }
  if (!names.includes('host')) return undefined;
  return { method, target, rawHeaders, names, bodyBytes };
}

/** TorchServe ignores them. */
function hasSlashAtEnd(target: string): boolean {
  return target.endsWith('/') || target.includes('/?');
}

function isPlain(name: string, value: string): boolean {
  if (name === 'connection') return value.toLowerCase() === 'keep-alive';
  if (name === 'content-length') return LENGTH.test(value);
  return !LEFT_TO_NODE.has(name);
}
