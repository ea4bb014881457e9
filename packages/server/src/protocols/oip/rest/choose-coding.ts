/** What Accept-Encoding (RFC 9110, 12.5.3) chooses of what there is. */

/** In the order in which they are taken when the client likes them as much. */
const CODINGS = ['gzip', 'deflate'] as const;

/** One that answers can be compressed with. */
export type AnswerCoding = (typeof CODINGS)[number];

/** Undefined for an answer as it is: nothing else is accepted, or nothing is liked more. */
export function chooseCoding(acceptEncoding: string | undefined): AnswerCoding | undefined {
  if (acceptEncoding === undefined) return undefined;
  const weights = new Map(acceptEncoding.split(',').map(weightOf));
  const weight = (name: string) => weights.get(name) ?? weights.get('*') ?? 0;
  const [best] = CODINGS.toSorted((one, other) => weight(other) - weight(one));
  if (best === undefined || weight(best) <= 0) return undefined;
  return weight(best) >= (weights.get('identity') ?? 0) ? best : undefined;
}

/** A name without a weight has 1, one whose weight is none 0. */
function weightOf(item: string): [name: string, weight: number] {
  const [name = '', ...parameters] = item.split(';').map((part) => part.trim().toLowerCase());
  const given = parameters.find((parameter) => /^q\s*=/.test(parameter));
  const weight = given === undefined ? 1 : Number(given.slice(given.indexOf('=') + 1));
  return [name.replace(/^x-/, ''), weight >= 0 && weight <= 1 ? weight : 0];
}
