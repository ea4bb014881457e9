import { describe, expect, it } from 'vitest';
import { ServeError, type ErrorCode } from '../../core/errors.ts';
import { OIP_STATUSES, oipErrorResponse, tritonErrorResponse } from './errors.ts';

describe('what is thrown', () => {
  it.each(Object.keys(OIP_STATUSES) as ErrorCode[])('as %s is an error of its status, with its text alone', (code) => {
    const { status, headers, body } = oipErrorResponse(new ServeError(code, 'why'));
    expect(status).toBe(OIP_STATUSES[code]);
    expect(status).toBeGreaterThanOrEqual(400);
    expect(headers['content-type']).toBe('application/json');
    expect(body).toBe('{"error":"why"}');
  });

  it('by a handler has the status that it chose', () => {
    expect(oipErrorResponse(new ServeError('prediction', 'no', { status: 422 })).status).toBe(422);
  });

  it('is as Triton has it where this server stands in for it', () => {
    const statuses = (['model_not_found', 'version_not_found', 'queue_full'] as const).map(
      (code) => tritonErrorResponse(new ServeError(code, 'why')).status,
    );
    expect(statuses).toEqual([400, 404, 503]);
  });
});
