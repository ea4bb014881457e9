import { expect, it } from 'vitest';
import { ServeError } from '../../../core/errors.ts';
import { OIP_RPC_CODES, oipRpcStatus } from './rpc-errors.ts';

it.each(Object.entries(OIP_RPC_CODES))('%s is %s, in its own words', (code, expected) => {
  const error = new ServeError(code as keyof typeof OIP_RPC_CODES, 'the text');
  expect(oipRpcStatus(error)).toEqual({ code: expected, message: 'the text' });
});

it('what a handler refuses has the status that it chose', () => {
  expect(oipRpcStatus(new ServeError('prediction', 'no', { status: 429 }))).toMatchObject({
    code: 'RESOURCE_EXHAUSTED',
  });
});

it('anything else is INTERNAL, and tells nothing', () => {
  const { code, message } = oipRpcStatus(new TypeError('secret'));
  expect(code).toBe('INTERNAL');
  expect(message).not.toContain('secret');
});
