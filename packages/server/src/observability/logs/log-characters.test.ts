import { describe, expect, it } from 'vitest';
import { escapeHidden, spellOutHidden } from './log-characters.ts';

/** Every character below U+0100, and some beyond, that is a control, invisible, ends a line or turns its direction. */
const HIDDEN = [
  ...Array.from({ length: 0x20 }, (_, code) => code),
  ...Array.from({ length: 0x21 }, (_, index) => 0x7f + index),
  0xad,
  0x61c,
  0x200b,
  0x200e,
  0x200f,
  0x2028,
  0x2029,
  0x202a,
  0x202e,
  0x2060,
  0x2066,
  0x2069,
  0xfeff,
  0xe0001,
].map((code) => String.fromCodePoint(code));
const ANY_HIDDEN = /[^\P{C}\n]|[\u2028\u2029]/u;

describe('characters that could forge a line', () => {
  it.each(HIDDEN.map((character) => [character.codePointAt(0)?.toString(16), character]))(
    'U+%s is escaped in JSON, which says the same',
    (_, character) => {
      const value = { msg: `a${character}b`, [`key${character}`]: [`\\${character}\\u0041\\\\`] };
      const json = escapeHidden(JSON.stringify(value));
      expect(json).not.toMatch(ANY_HIDDEN);
      expect(JSON.parse(json)).toEqual(value);
    },
  );

  it.each(HIDDEN.filter((character) => !'\n\t'.includes(character)).map((each) => [each.codePointAt(0), each]))(
    'U+%s is spelled out for people',
    (_, character) => {
      const parsed = JSON.parse(spellOutHidden(JSON.stringify({ msg: `\\${character}`, [character]: character })));
      expect(JSON.stringify(parsed)).not.toMatch(ANY_HIDDEN);
      expect(Object.keys(parsed as object)[1]).toMatch(/^(?:\\u[\da-f]{4}){1,2}$|^\\[rbf]$/);
      expect((parsed as { msg: string }).msg.startsWith('\\\\')).toBe(true);
    },
  );

  it('leaves other text as it is', () => {
    const json = JSON.stringify({ msg: 'Grüße, 世界 "🦉" C:\\new\\u0041\n' });
    expect(escapeHidden(json)).toBe(json);
    expect(spellOutHidden(json)).toBe(json);
  });
});
