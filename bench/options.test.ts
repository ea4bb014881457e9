import { describe, expect, it } from 'vitest';
import { readOptions } from './options.ts';

const KNOWN = ['tiny', 'small', 'large'];

describe('readOptions', () => {
  it('runs everything in full length by default', () => {
    expect(readOptions([], KNOWN)).toMatchObject({
      only: undefined,
      isQuick: false,
      compare: undefined,
      action: 'run',
    });
  });

  it('takes names between commas and more than once', () => {
    expect(readOptions(['--only', 'tiny,small', '--only', 'large'], KNOWN).only).toEqual(KNOWN);
  });

  it('takes a revision to compare with', () => {
    expect(readOptions(['--quick', '--compare', 'HEAD~3'], KNOWN)).toMatchObject({ isQuick: true, compare: 'HEAD~3' });
  });

  it('refuses a scenario that does not exist, and names those that do', () => {
    expect(() => readOptions(['--only', 'tinny'], KNOWN)).toThrow('no scenario tinny; there are tiny, small, large');
  });

  it('refuses an option that does not exist', () => {
    expect(() => readOptions(['--fast'], KNOWN)).toThrow('--fast');
  });
});
