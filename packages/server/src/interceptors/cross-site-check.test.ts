import { describe, expect, it } from 'vitest';
import { createCrossSiteCheck } from './cross-site-check.ts';
import type { Call } from './interceptor.ts';

const ALLOWED = 'https://admin.example.org';
const call = (headers: Readonly<Record<string, string>>, facts: Partial<Call> = {}): Call => ({
  audience: 'management',
  listener: 'management',
  requestId: 'r',
  method: 'POST',
  target: '/models',
  remoteAddress: '127.0.0.1',
  header: (name) => ({ host: 'localhost:8081', ...headers })[name],
  ...facts,
});
const admit =
  (each: Call, allowed: string | undefined = ALLOWED) =>
  () =>
    createCrossSiteCheck(allowed).admit?.(each);

describe('a call of the management API', () => {
  it.each<Readonly<Record<string, string>>>([
    {},
    { 'sec-fetch-site': 'none' },
    { 'sec-fetch-site': 'same-origin', origin: 'https://proxied.example.org' },
    { origin: 'http://localhost:8081' },
    { origin: 'HTTP://LOCALHOST:8081' },
    { origin: ALLOWED },
    { origin: ALLOWED, 'sec-fetch-site': 'cross-site' },
  ])('is admitted with %o', (headers) => expect(admit(call(headers))).not.toThrow());

  it.each<Readonly<Record<string, string>>>([
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
    { 'sec-fetch-site': 'Same-Origin' },
    { 'sec-fetch-site': '' },
    { 'sec-fetch-site': 'cross-site', origin: 'http://localhost:8081' },
    { origin: 'null' },
    { origin: '' },
    { origin: 'http://evil.example' },
    { origin: 'http://localhost' },
    { origin: 'http://localhost:3000' },
    { origin: 'http://localhost:8081.evil.example' },
    { origin: 'file://localhost:8081' },
    { origin: `${ALLOWED}.evil.example` },
  ])('is refused with %o', (headers) => {
    expect(admit(call(headers))).toThrow(expect.objectContaining({ code: 'permission_denied' }) as Error);
  });

  it('is refused for a page of any origin, and of none, where any may read answers', () => {
    expect(admit(call({ origin: 'http://evil.example' }), '*')).toThrow('A page of "http://evil.example"');
    expect(admit(call({ origin: '*' }), '*')).toThrow('A page of');
    expect(admit(call({ origin: 'null' }), 'null')).toThrow('A page of');
  });
});

it('concerns open calls at the management address, and no others', () => {
  const headers = { 'sec-fetch-site': 'cross-site', origin: 'http://evil.example' };
  expect(admit(call(headers, { audience: 'open' }))).toThrow('A page of');
  expect(admit(call(headers, { audience: 'open', listener: 'inference' }))).not.toThrow();
  expect(admit(call(headers, { audience: 'inference' }))).not.toThrow();
});
