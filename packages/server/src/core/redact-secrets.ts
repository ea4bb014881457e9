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

/** Names of parameters, in any case of letters, with what may stand in front of them, and behind. */
const SECRETS = [
  'sig|sign|key\\d*|code|auth|authorization|authentication|jwt|sas|sid|otp|pass|policy|ticket|verify|assertion|cookie|q-ak|googleaccessid|key-pair-id|hdn[a-z]{1,3}',
  String.raw`(?:[\w.~-]|%(?:25)*(?:2d|5f))*(?:tokens?|secrets?|signature|hmac|bearer|credentials?|passw(?:or)?d|psw|pwd|passphrase|session|(?:access|account|api|auth|client|encryption|license|master|private|secret|shared|signing|storage|[-_.])key)(?:[-_.]?id)?_*\d*`,
].join('|');

/** Behind a name, as in `token[0]`. */
const INDEX = String.raw`(?:(?:\[|%(?:25)*5b)\w*(?:\]|%(?:25)*5d))?`;

/** @param code two hexadecimal digits @returns a pattern for the character, encoded as often as that */
function encoded(code: string, level: number): string {
  return level === 0 ? `\\x${code}` : `%${'25'.repeat(level - 1)}${code}`;
}

/** The same for several characters, encoded as often as that or less often. */
function upTo(level: number, ...codes: readonly string[]): string {
  const all = codes.flatMap((code) => LEVELS.slice(0, level + 1).map((each) => encoded(code, each)));
  return `(?:${all.join('|')})`;
}

const [COLON, SLASH, BACKSLASH, AT, QUESTION, HASH, AND, SEMICOLON, EQUALS] = [
  '3a',
  '2f',
  '5c',
  '40',
  '3f',
  '23',
  '26',
  '3b',
  '3d',
] as const;

/**
 * `://user:password@`, up to the last @ of the authority; where a slash is in the password, up to the last near by. Who reads
 * web addresses takes any number of slashes, either way, for the two (WHATWG URL, "special authority ignore slashes").
 */
function userInfo(level: number): RegExp {
  const slashes = `(?:${upTo(TOP, SLASH)}|${String.raw`\\\\`}|${upTo(TOP, BACKSLASH)})`;
  const lax = `https?${encoded(COLON, level)}${slashes}*`;
  const begin = `(?:${upTo(TOP, COLON)}${upTo(TOP, SLASH)}${encoded(SLASH, level)}|${lax})`;
  const path = upTo(level, SLASH, QUESTION, HASH);
  const [colon, at] = [upTo(level, COLON), upTo(level, AT)];
  const port = String.raw`\d*(?:${path}|["\s\\]|$)`;
  const plain = `(?:(?!${path})${CHARACTER})*${at}`;
  const withSlash = `(?:(?!${path}|${colon})${CHARACTER}){1,200}${colon}(?!${port})${CHARACTER}{0,200}${at}`;
  return new RegExp(`(${begin})(?:${plain}|${withSlash})`, 'gi');
}

/**
 * `user:password@host` without a scheme, where a word can begin. Its password ends at a slash or an & (one of an address that
 * is encoded less often), or every port would be taken for one.
 */
function bareUserInfo(level: number): RegExp {
  const end = level === 0 ? upTo(level, SLASH, QUESTION, HASH, AND) : upTo(level - 1, SLASH, QUESTION, HASH, AND);
  const [colon, at] = [upTo(level, COLON), upTo(level, AT)];
  const begin = String.raw`^|[\s"'=(<,;/?&]|\\n|${upTo(TOP, EQUALS, SLASH)}`;
  const character = `(?:(?!${end}|${encoded(SLASH, level)})${CHARACTER})`;
  const user = String.raw`(?!(?:mailto|npm)\b)(?:(?!${colon})[\w.+~$*%-]){1,100}`;
  return new RegExp(`(${begin})${user}${colon}${character}{1,200}${at}(?=[\\w[%])`, 'gi');
}

/** A value ends with its parameter: at an & that is encoded as often as its = was, or less often. */
function secretParameter(level: number): RegExp {
  const begin = upTo(TOP, QUESTION, AND, SEMICOLON, HASH);
  const value = `(?:(?!${upTo(level, AND, HASH)})${CHARACTER})+`;
  return new RegExp(`(${begin}(?:${SECRETS})${INDEX}${encoded(EQUALS, level)})${value}`, 'gi');
}

const PATTERNS = LEVELS.map((level) => ({
  users: [userInfo(level), bareUserInfo(level)],
  parameter: secretParameter(level),
}));

/** Without one of them there is no secret; five of these look-ups take a third of a regular expression's time. */
const SIGNS = ['?', '@', '#', '&', '%'];

/** @param text a line of JSON, or part of one */
export function redactSecrets(text: string): string {
  if (!SIGNS.some((sign) => text.includes(sign))) return text;
  const patterns = text.includes('%') ? PATTERNS : PATTERNS.slice(0, 1);
  return patterns.reduce(
    (shown, { users, parameter }) =>
      users.reduce((each, user) => each.replaceAll(user, `$1${REMOVED}@`), shown).replaceAll(parameter, `$1${REMOVED}`),
    text,
  );
}
