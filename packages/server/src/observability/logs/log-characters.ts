/** Characters that could make a log line look like something else, in lines of JSON: none reaches a file or a terminal. */

/** Deleted, C1, invisible, and those that end a line or turn its direction round. JSON itself escapes what is below U+0020. */
const HIDDEN = /[\u007f-\u009f\p{Cf}\p{Zl}\p{Zp}]/gu;
/** Them, and what JSON escaped of the control characters, but `\n` and `\t`; an escaped backslash is no beginning of one. */
const HIDDEN_OR_ESCAPED = /\\\\|\\(?:u[\da-f]{4}|[rbf])|[\u007f-\u009f\p{Cf}\p{Zl}\p{Zp}]/giu;

/** The same JSON, with hidden characters as JSON's own escapes. */
export function escapeHidden(json: string): string {
  if (isPlain(json)) return json;
  return json.replaceAll(HIDDEN, escaped);
}

/** Most lines are, and this is seen in a tenth of the time. */
function isPlain(text: string): boolean {
  return !/[^\n -~]/.test(text);
}

/** JSON whose texts say `\u001b` where they held the character, so that it is shown as these six letters. */
export function spellOutHidden(json: string): string {
  return json.replaceAll(HIDDEN_OR_ESCAPED, (found) => {
    if (found === '\\\\') return found;
    return `\\${found.startsWith('\\') ? found : escaped(found).replaceAll('\\', '\\\\').slice(1)}`;
  });
}

/** Beyond U+FFFF a character is two escapes. */
function escaped(character: string): string {
  const units = Array.from({ length: character.length }, (_, index) => character.charCodeAt(index));
  return units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('');
}
