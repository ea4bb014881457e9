import { describe, expect, it } from 'vitest';
import { isLoopback, listenAddress, listenHost, listenPort } from './listen-address.ts';

const parse = (text: string) => listenAddress({ http: 8080, https: 443 }).parse(text, { cwd: '/' });

describe('an address', () => {
  it.each([
    ['http://127.0.0.1:9000', { host: '127.0.0.1', port: 9000 }],
    ['http://127.0.0.1:80', { host: '127.0.0.1', port: 80 }],
    ['http://127.0.0.1:0', { host: '127.0.0.1', port: 0 }],
    ['HTTP://LocalHost', { host: 'localhost', port: 8080 }],
    ['http://example.org/', { host: 'example.org', port: 8080 }],
    ['http://[::1]:9000', { host: '::1', port: 9000 }],
    ['http://[::]', { host: '::', port: 8080 }],
    ['https://127.0.0.1:8443', { host: '127.0.0.1', port: 8443, isTls: true }],
    ['HTTPS://[::1]/', { host: '::1', port: 443, isTls: true }],
    ['unix:/run/marserve.sock', { path: '/run/marserve.sock' }],
    ['unix:///run/marserve.sock', { path: '/run/marserve.sock' }],
  ])('reads %s', (text, address) => {
    expect(parse(text)).toEqual(address);
  });

  it.each([
    '',
    '127.0.0.1:8080',
    'http://',
    'http://:8080',
    'http://host:port',
    'http://host:1/path',
    'http://user@host:1',
    'http://host?x',
    'http://[::1',
    'http://a b:1',
    'ftp://host:1',
  ])('is not "%s"', (text) => {
    expect(() => parse(text)).toThrow(`expected http://HOST:PORT, https://HOST:PORT or unix:/PATH, came "${text}"`);
  });

  it('has a port that exists, and a socket path that fits', () => {
    expect(() => parse('http://h:65536')).toThrow('expected a port up to 65535, came "http://h:65536"');
    expect(() => parse('unix:run.sock')).toThrow('expected an absolute path after "unix:"');
    expect(() => parse(`unix:/${'x'.repeat(107)}`)).toThrow('expected at most 107 bytes of path');
  });
});

describe('loopback', () => {
  it.each(['http://127.0.0.1', 'http://127.8.9.10', 'http://127.1', 'http://localhost', 'http://[::1]', 'unix:/x'])(
    'is %s',
    (text) => {
      expect(isLoopback(parse(text))).toBe(true);
    },
  );

  it.each(['http://0.0.0.0', 'http://0', 'http://[::]', 'http://10.0.0.1', 'http://example.org', 'http://128.0.0.1'])(
    'is not %s',
    (text) => {
      expect(isLoopback(parse(text))).toBe(false);
    },
  );
});

describe('a port', () => {
  it.each([
    ['7070', 7070],
    ['0', 0],
    ['http://127.0.0.1:7070', 7070],
  ])('is read from %s', (given, port) => expect(listenPort.parse(given, { cwd: '/' })).toBe(port));

  it.each(['', 'x', '-1', '65536', '70700', '1.5', 'http://127.0.0.1'])('is not read from "%s"', (given) => {
    expect(() => listenPort.parse(given, { cwd: '/' })).toThrow('expected a port up to 65535');
  });
});

describe('a host', () => {
  it.each([
    ['127.0.0.1', '127.0.0.1'],
    ['localhost', 'localhost'],
    ['::1', '::1'],
    ['[::1]', '::1'],
  ])('is read from %s', (given, host) => expect(listenHost.parse(given, { cwd: '/' })).toBe(host));

  it.each(['', 'a b', 'http://127.0.0.1', '127.0.0.1:7070', 'x/y'])('is not read from "%s"', (given) => {
    expect(() => listenHost.parse(given, { cwd: '/' })).toThrow('expected a host name or an IP address');
  });
});
