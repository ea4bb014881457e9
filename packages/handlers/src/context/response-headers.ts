/** What a handler may set on an answer: nothing that would break its framing, or that is the server's own business. */

/** Headers that describe the connection or the body, or that the server sets itself. */
const RESERVED = new Set([
  'connection',
  'content-length',
  'date',
  'keep-alive',
  'proxy-connection',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'x-request-id',
]);
const NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
/** What node:http refuses in a value. */
const BAD_TEXT = /[^\t\u0020-\u007e\u0080-\u00ff]/;

/** Why no answer can have a header of this name; undefined when one can. */
export function headerNameProblem(name: string): string | undefined {
  if (!NAME.test(name)) return `${JSON.stringify(name)} is not a header name`;
  return RESERVED.has(name.toLowerCase()) ? `the server itself sets ${name}` : undefined;
}

/** What is wrong with headers that are said to be a handler's; undefined when nothing is. */
export function headersProblem(headers: Readonly<Record<string, unknown>>): string | undefined {
  for (const name of Object.keys(headers)) {
    const problem = headerNameProblem(name);
    if (problem !== undefined) return `a header that cannot be: ${problem}`;
    if (!isHeaderText(headers[name])) return `the header ${name}, which has no text for a header`;
  }
  return undefined;
}

/** Whether it can be the value of a header, or the reason beside a status. */
export function isHeaderText(value: unknown): value is string {
  return typeof value === 'string' && !BAD_TEXT.test(value);
}

/** Whether an answer can have it as its status. */
export function isResponseStatus(status: unknown): status is number {
  return typeof status === 'number' && Number.isInteger(status) && status >= 200 && status <= 599;
}
