import { expect, it } from 'vitest';
import { ServeError, type ErrorCode } from '../../core/errors.ts';
import { kserveV1ErrorResponse } from './errors.ts';

it.each<[ErrorCode, number, object]>([
  ['invalid_argument', 400, { error: 'text' }],
  ['model_not_found', 404, { error: 'text' }],
  ['route_not_found', 404, { detail: 'Not Found' }],
  ['method_not_allowed', 405, { detail: 'Method Not Allowed' }],
  ['handler_failed', 500, { error: 'text' }],
  ['worker_died', 500, { error: 'text' }],
  ['not_implemented', 501, { error: 'text' }],
  ['no_worker', 503, { error: 'text' }],
  ['model_starting', 503, { error: 'text' }],
])('%s is %d %j', (code, status, body) => {
  const response = kserveV1ErrorResponse(new ServeError(code, 'text'));
  expect(response).toMatchObject({ status, headers: { 'content-type': 'application/json' } });
  expect(JSON.parse(response.body as string)).toEqual(body);
});

it('a handler chooses its status', () => {
  expect(kserveV1ErrorResponse(new ServeError('prediction', 'no', { status: 422 })).status).toBe(422);
  expect(kserveV1ErrorResponse(new ServeError('prediction', 'no')).status).toBe(500);
});

it('says when to try again, and keeps what nobody expected for the log', () => {
  const busy = new ServeError('queue_full', 'busy', { retryAfterSeconds: 1 });
  expect(kserveV1ErrorResponse(busy).headers['retry-after']).toBe('1');
  const { status, body } = kserveV1ErrorResponse(new TypeError('secret'));
  expect([status, body]).toEqual([500, '{"error":"Internal server error"}']);
});
