/** The headers of a request, for whoever passes them on. */
import type { HandlerContext } from '../handler.ts';

/** Names are in lower case. */
export function headersOfRow(
  context: Pick<HandlerContext, 'getAllRequestHeaders'>,
  row: number,
): Readonly<Record<string, string>> {
  const named = Object.entries(context.getAllRequestHeaders(row));
  return Object.fromEntries(named.map(([name, value]) => [name.toLowerCase(), value]));
}
