import { describe, expect, it } from 'vitest';
import { rawHeadersOf, textOf } from './call-headers.ts';

const HEADERS = {
  ':path': '/a/b',
  ':authority': 'here:7070',
  te: 'trailers',
  'content-type': 'application/grpc',
  'grpc-timeout': '1S',
  'grpc-encoding': 'gzip',
  'user-agent': 'grpc-python/1.70',
  'x-trace': 'a, b',
  'x-odd': 'ä',
  'key-bin': 'AAEC',
};

describe('headers of a call', () => {
  it('are those that are texts, and not of gRPC itself', () => {
    expect(rawHeadersOf(HEADERS)).toEqual(['user-agent', 'grpc-python/1.70', 'x-trace', 'a, b']);
  });

  it('say how long the client waits as requests of REST do', () => {
    expect(rawHeadersOf({ 'grpc-timeout': '1500u' }, 1.5)).toEqual(['x-request-timeout-ms', '2']);
    expect(rawHeadersOf({ 'x-request-timeout-ms': '7' }, 1000)).toEqual(['x-request-timeout-ms', '7']);
  });

  it('are found by their names; the host is the authority', () => {
    expect(textOf(HEADERS, 'x-trace')).toBe('a, b');
    expect(textOf(HEADERS, 'host')).toBe('here:7070');
    expect(textOf({ host: 'there' }, 'host')).toBe('there');
    expect(['key-bin', 'x-odd', 'x-none'].map((name) => textOf(HEADERS, name))).toEqual(Array(3).fill(undefined));
  });
});
