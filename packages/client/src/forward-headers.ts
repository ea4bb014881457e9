/** Which headers of a request go on to the server behind. */

/** What is always passed on: who asks, in which trace, and whether anybody waits. */
const ALWAYS = [
  'x-request-id',
  'traceparent',
  'tracestate',
  'b3',
  'x-b3-*',
  'authorization',
  'x-marserve-shadow',
] as const;

/** Headers by any spelling; values of a repeated one as a list. */
type Incoming = Readonly<Record<string, string | readonly string[] | undefined>>;

/**
 * The headers of an allow-list, their names in lower case.
 * @param allowed names beside those that are always passed on; a `*` at the end stands for anything
 */
export function forwardedHeaders(incoming: Incoming, allowed: readonly string[] = []): Record<string, string> {
  const patterns = [...ALWAYS, ...allowed.map((name) => name.toLowerCase())];
  const forwarded: Record<string, string> = {};
  for (const [spelling, value] of Object.entries(incoming)) {
    const name = spelling.toLowerCase();
    if (value === undefined || !patterns.some((pattern) => matches(pattern, name))) continue;
    forwarded[name] = typeof value === 'string' ? value : value.join(', ');
  }
  return forwarded;
}

function matches(pattern: string, name: string): boolean {
  return pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern;
}
