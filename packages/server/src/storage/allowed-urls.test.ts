import { describe, expect, it } from 'vitest';
import { assertAllowed, isAllowed } from './allowed-urls.ts';

const patterns = [/https:\/\/models\.example\.com\/.*/, /file:\/\/\/srv\/.*|file:\/\/\/opt\/.*/];

describe('allowed_urls', () => {
  it('admits an address that a pattern matches as a whole, in any case', () => {
    expect(isAllowed('https://models.example.com/a.mar', patterns)).toBe(true);
    expect(isAllowed('HTTPS://Models.example.com/a.mar', patterns)).toBe(true);
    expect(isAllowed('file:///opt/a.mar', patterns)).toBe(true);
  });

  it('refuses an address that a pattern matches in part', () => {
    expect(isAllowed('http://evil.example/?https://models.example.com/a.mar', patterns)).toBe(false);
    expect(isAllowed('xfile:///opt/a.mar', patterns)).toBe(false);
  });

  it('refuses everything when nothing is allowed, and says what to set', () => {
    expect(() => assertAllowed('https://models.example.com/a.mar', [])).toThrow(
      /does not match any allowed URL.*allowed_urls/,
    );
  });
});
