/** The content type of a body that the codec takes apart: handlers would take it for that of what is in it. */

/** The headers, names and values in turn, without it. */
export function withoutContentType(headers: readonly string[]): string[] {
  const isKept = (name = '') => name.length !== 12 || name.toLowerCase() !== 'content-type';
  return headers.filter((_, index) => isKept(headers[index - (index % 2)]));
}
