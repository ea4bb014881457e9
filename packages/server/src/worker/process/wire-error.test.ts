import { HandlerError } from '@marserve/handlers/load-handler';
import { PredictionError } from '@marserve/handlers/prediction-error';
import { expect, it } from 'vitest';
import { wireError } from './wire-error.ts';

it('keeps the message and the status that the handler chose', () => {
  const thrown = new PredictionError('no such label', 404);
  expect(wireError(thrown, 'handler_failed')).toEqual({ code: 'prediction', message: 'no such label', status: 404 });
});

it('knows such an error of another copy of the class, and takes 500 for a status that HTTP has not', () => {
  const foreign = Object.assign(new Error('late'), { name: 'PredictionError', status: 42 });
  expect(wireError(foreign, 'handler_failed')).toMatchObject({ code: 'prediction', status: 500 });
});

it('takes what the handler returned wrongly for an invalid result', () => {
  expect(wireError(new HandlerError('2 results for 3 rows'), 'handler_failed')).toEqual({
    code: 'invalid_result',
    message: '2 results for 3 rows',
  });
});

it('tells the log where an error comes from', () => {
  const error = wireError(new TypeError('x is not a function'), 'handler_failed');
  expect(error).toMatchObject({ code: 'handler_failed', message: 'Prediction failed: x is not a function' });
  expect(error.stack).toContain('wire-error.test.ts');
});

const unreadable = {
  toString: () => {
    throw new Error('no');
  },
};

it.each([
  ['a text', 'Prediction failed: a text'],
  [undefined, 'Prediction failed: undefined'],
  [unreadable, 'what the handler threw cannot be read'],
])('takes whatever was thrown: %o', (thrown, message) => {
  expect(wireError(thrown, 'handler_failed')).toEqual({ code: 'handler_failed', message });
});

it('cuts what is long', () => {
  expect(wireError(new Error('x'.repeat(100_000)), 'invalid_result').message).toHaveLength(8192);
});
