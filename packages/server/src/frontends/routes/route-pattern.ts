/** Paths with `{names}`: which requests they take, and which of several that take one is the most specific. */

/** What stands in the path for each name. */
export type PathParams = Readonly<Record<string, string>>;

/** A path of an endpoint, compiled. */
export interface RoutePattern {
  /** What all paths that it takes begin with: their first segment, which has no names. */
  readonly firstSegment: string;
  /**
   * Undefined for a path that is not of this pattern; the names' values as they stand there, not decoded.
   * @param path without slashes at its end
   */
  match(path: string): PathParams | undefined;
  /** Characters of each segment that are fixed. */
  readonly specificity: readonly number[];
}

const NAME = /\{(\w+)(\*?)\}/g;
const WHOLE_SEGMENT = 1e6;

/** @param path literal text and `{names}`, which take a segment or a part of one; a last `{name*}` takes all that follows */
export function parsePattern(path: string): RoutePattern {
  const names = [...path.matchAll(NAME)].map(([, name = '']) => name);
  const expression = new RegExp(
    `^${path
      .split(/(?=\{)|(?<=\})/)
      .map(expressionOf)
      .join('')}$`,
  );
  const segments = path.split('/').slice(1);
  return {
    firstSegment: segments[0] ?? '',
    specificity: segments.map(fixedCharacters),
    match(candidate) {
      const values = expression.exec(candidate);
      if (values === null) return undefined;
      const params: Record<string, string> = {};
      for (const [index, name] of names.entries()) params[name] = values[index + 1] ?? '';
      return params;
    },
  };
}

function expressionOf(part: string): string {
  if (/^\{\w+\*\}$/.test(part)) return '(.*)';
  if (/^\{\w+\}$/.test(part)) return '([^/]+)';
  return part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}

function fixedCharacters(segment: string): number {
  const fixed = segment.replace(NAME, '').length;
  return fixed === segment.length ? WHOLE_SEGMENT : segment.endsWith('*}') ? -1 : fixed;
}

/** Negative when the first is more specific: in its first segment that is, or by having more segments. */
export function compareSpecificity({ specificity: a }: RoutePattern, { specificity: b }: RoutePattern): number {
  const differing = a.findIndex((fixed, index) => fixed !== b[index]);
  return differing < 0 ? b.length - a.length : (b[differing] ?? -1) - (a[differing] ?? -1);
}

/** Whether some path may be of both; of two segments with names it is taken to be so. */
export function pathsMeet(one: string, other: string): boolean {
  const [a, b] = [one.split('/').slice(1), other.split('/').slice(1)];
  for (let index = 0; index < Math.max(a.length, b.length); index += 1) {
    const [x, y] = [a[index], b[index]];
    if (x === undefined || y === undefined) return false;
    if (x.endsWith('*}') || y.endsWith('*}')) return true;
    if (!segmentsMeet(x, y)) return false;
  }
  return true;
}

function segmentsMeet(one: string, other: string): boolean {
  const [inOne, inOther] = [one, other].map((segment) => segment.includes('{'));
  if (inOne && inOther) return true;
  return inOne ? matches(one, other) : inOther ? matches(other, one) : one === other;
}

function matches(pattern: string, segment: string): boolean {
  return parsePattern(`/${pattern}`).match(`/${segment}`) !== undefined;
}
