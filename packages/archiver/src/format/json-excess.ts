/** How much a JSON text holds, counted before it is parsed: parsing takes many times the memory of the text. */

/** Values that are nested deeper are no data of ours, and walking them would use up the stack. */
export const MAX_JSON_DEPTH = 100;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
/** `[` and `{`, `]` and `}`: they differ in one bit. */
const OPENING = 0x5b;
const CLOSING = 0x5d;
const BRACE_BIT = 0x20;

/**
 * Says by what a text exceeds the limits; of text that is no JSON, anything.
 * @returns undefined when it does not
 */
export function jsonExcess(text: string, maxValues: number): string | undefined {
  let values = 1;
  let depth = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) at = endOfString(text, at);
    const bracket = code & ~BRACE_BIT;
    if (code === COMMA || bracket === OPENING) values += 1;
    if (bracket === OPENING) depth += 1;
    if (bracket === CLOSING) depth -= 1;
    if (depth > MAX_JSON_DEPTH) return `is nested deeper than ${MAX_JSON_DEPTH} levels`;
    if (values > maxValues) return `has more than ${maxValues} values`;
  }
  return undefined;
}

/** The place of the quote that ends a string. */
function endOfString(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && text.charCodeAt(at) !== QUOTE) at += text.charCodeAt(at) === BACKSLASH ? 2 : 1;
  return at;
}
