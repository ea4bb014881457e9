/**
 * Takes secrets out of the addresses in a text: user names and passwords, and the values of parameters such as
 * `X-Amz-Signature`. Addresses may be percent-encoded, once or several times, as they are within another's parameter.
 */

/** Who reads it sees that something was there. */
const REMOVED = '***';
/** How often an address may be encoded. */
const LEVELS = [0, 1, 2, 3];
const TOP = LEVELS.length - 1;

/** What may stand in an address in a line of JSON: no white space, no end of a text. */
const CHARACTER = String.raw`(?:[^\s"\\<>]|\\[^"n])`;

/** Names of parameters, in any case of letters, with what may stand in front of them. */
const SECRETS = [
  'sig|key|code|auth|authorization|jwt|sas|policy|googleaccessid|key-pair-id|awsaccesskeyid',
  String.raw`(?:[\w.~-]|%(?:25)*(?:2d|5f))*(?:token|secret|signature|credentials?|passw(?:or)?d|pwd|passphrase|session|accesskey|apikey|[-_.]key)(?:[-_.]?id)?`,
].join('|');

/** @param code two hexadecimal digits @returns a pattern for the character, encoded as often as that */
function encoded(code: string, level: number): string {
  return level === 0 ? `\\x${code}` : `%${'25'.repeat(level - 1)}${code}`;
}

/** The same for several characters, encoded as often as that or less often. */
function upTo(level: number, ...codes: readonly string[]): string {
  const all = codes.flatMap((code) => LEVELS.slice(0, level + 1).map((each) => encoded(code, each)));
  return `(?:${all.join('|')})`;
}

const [COLON, SLASH, AT, QUESTION, HASH, AND, SEMICOLON, EQUALS] = [
  '3a',
  '2f',
  '40',
  '3f',
  '23',
  '26',
  '3b',
  '3d',
] as const;

/** `://user:password@`, up to the last @ of the authority; where a slash is in the password, up to the last near by. */
function userInfo(level: number): RegExp {
  const begin = `${upTo(TOP, COLON)}${upTo(TOP, SLASH)}${encoded(SLASH, level)}`;
  const path = upTo(level, SLASH, QUESTION, HASH);
  const [colon, at] = [upTo(level, COLON), upTo(level, AT)];
  const port = String.raw`\d*(?:${path}|["\s\\]|$)`;
  const plain = `(?:(?!${path})${CHARACTER})*${at}`;
  const withSlash = `(?:(?!${path}|${colon})${CHARACTER}){1,200}${colon}(?!${port})${CHARACTER}{0,200}${at}`;
  return new RegExp(`(${begin})(?:${plain}|${withSlash})`, 'gi');
}

/** A value ends with its parameter: at an & that is encoded as often as its = was, or less often. */
function secretParameter(level: number): RegExp {
  const begin = upTo(TOP, QUESTION, AND, SEMICOLON, HASH);
  const value = `(?:(?!${upTo(level, AND, HASH)})${CHARACTER})+`;
  return new RegExp(`(${begin}(?:${SECRETS})${encoded(EQUALS, level)})${value}`, 'gi');
}

const PATTERNS = LEVELS.map((level) => ({ user: userInfo(level), parameter: secretParameter(level) }));

/** Without one of them there is no secret; five of these look-ups take a third of a regular expression's time. */
const SIGNS = ['?', '@', '#', '&', '%'];

/** @param text a line of JSON, or part of one */
export function redactSecrets(text: string): string {
  if (!SIGNS.some((sign) => text.includes(sign))) return text;
  const patterns = text.includes('%') ? PATTERNS : PATTERNS.slice(0, 1);
  return patterns.reduce(
    (shown, { user, parameter }) => shown.replaceAll(user, `$1${REMOVED}@`).replaceAll(parameter, `$1${REMOVED}`),
    text,
  );
}
