import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ServeError } from '../../core/errors.ts';
import { TORCHSERVE_ERRORS, torchserveErrorResponse } from './errors.ts';

const bodyOf = (error: unknown) => JSON.parse(String(torchserveErrorResponse(error).body)) as unknown;

describe('an error as TorchServe words it', () => {
  it('has code, type and message', () => {
    expect(bodyOf(new ServeError('model_not_found', 'Model not found: m'))).toEqual({
      code: 404,
      type: 'ModelNotFoundException',
      message: 'Model not found: m',
    });
  });

  it('has the status that the handler chose', () => {
    expect(torchserveErrorResponse(new ServeError('prediction', 'no', { status: 422 })).status).toBe(422);
  });

  it('says when to try again', () => {
    const response = torchserveErrorResponse(new ServeError('queue_full', 'busy', { retryAfterSeconds: 1 }));
    expect(response.headers['retry-after']).toBe('1');
  });

  it('keeps what nobody expected for the log', () => {
    expect(bodyOf(new TypeError('secret'))).toEqual({
      code: 500,
      type: 'InternalServerException',
      message: 'Internal server error',
    });
  });

  it('of the management API is in its page', () => {
    const page = readFileSync(new URL('../../../../../docs/management.md', import.meta.url), 'utf8');
    const codes = [
      'invalid_argument',
      'invalid_archive',
      'download_failed',
      'default_version_in_use',
      'model_not_found',
    ] as const;
    for (const code of [
      ...codes,
      'version_not_found',
      'method_not_allowed',
      'unregister_timeout',
      'already_registered',
      'golden_mismatch',
      'replacement_under_way',
      'permission_denied',
      'unauthenticated',
    ] as const) {
      const { status, type } = TORCHSERVE_ERRORS[code];
      expect(page).toMatch(new RegExp(`\\| ${status} +\\| \`${type}\``));
    }
  });
});
