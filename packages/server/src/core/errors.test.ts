import { describe, expect, it } from 'vitest';
import { messageOf, ServeError, toServeError } from './errors.ts';

describe('a ServeError', () => {
  it('has a code, a text, and its facts apart from its cause', () => {
    const cause = new Error('disk full');
    const error = new ServeError('queue_full', 'Try later', { retryAfterSeconds: 3, cause });
    expect(error).toMatchObject({ name: 'ServeError', code: 'queue_full', message: 'Try later', cause });
    expect(error.details).toEqual({ retryAfterSeconds: 3 });
  });

  it('has no cause where none was given', () => {
    expect('cause' in new ServeError('internal', 'text')).toBe(false);
  });
});

describe('whatever is thrown', () => {
  it('stays what it is when it has a code', () => {
    const error = new ServeError('no_worker', 'text');
    expect(toServeError(error)).toBe(error);
  });

  it.each([[new Error('secret')], ['secret'], [undefined], [{ code: 'no_worker', message: 'secret' }]])(
    'is an internal error whose text tells nothing of %o, which is kept as the cause',
    (thrown) => {
      const error = toServeError(thrown);
      expect(error).toMatchObject({ code: 'internal', message: 'Internal server error' });
      expect(error.cause).toBe(thrown);
    },
  );

  it.each([
    [new Error('text'), 'text'],
    ['text', 'text'],
    [undefined, 'undefined'],
    [7, '7'],
  ])('of %o has the text %j', (thrown, text) => {
    expect(messageOf(thrown)).toBe(text);
  });
});
