/** JSON as model servers write it: integers beyond 2^53 are exact, NaN and the infinities may stand bare. */
import { parse } from 'lossless-json';

const LONG_INTEGER = /-?[1-9]\d{15,}(?![\d.eE])/;

/** Strings are matched to be left alone. */
const TOKENS = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\bInfinity\b|\bNaN\b/g;

/**
 * Integers that a number does not hold exactly become bigints, the bare tokens the texts `NaN`, `Infinity` and `-Infinity`.
 * @throws SyntaxError for text that is not JSON
 */
export function parseJson(text: string): unknown {
  if (LONG_INTEGER.test(text)) return exactly(quoteTokens(text));
  try {
    return JSON.parse(text);
  } catch (error) {
    const quoted = quoteTokens(text);
    if (quoted === text) throw error;
    return JSON.parse(quoted);
  }
}

function exactly(text: string): unknown {
  const onDuplicateKey = ({ newValue }: { newValue: unknown }) => newValue;
  return parse(text, null, { parseNumber, onDuplicateKey });
}

function parseNumber(text: string): number | bigint {
  const value = Number(text);
  return Number.isSafeInteger(value) || !/^-?\d+$/.test(text) ? value : BigInt(text);
}

function quoteTokens(text: string): string {
  if (!text.includes('NaN') && !text.includes('Infinity')) return text;
  return text.replace(TOKENS, (token) => (token.startsWith('"') ? token : `"${token}"`));
}
