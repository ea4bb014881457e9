import { describe, expect, it } from 'vitest';
import { readPlainHead } from './read-head.ts';

const PLAIN = 'POST /v2/models/m/infer?x=1 HTTP/1.1\r\nHost: localhost:8080\r\nContent-Length: 3\r\naccept: */*';

describe('a plain head', () => {
  it('is read with its headers as they are spelt', () => {
    expect(readPlainHead(`${PLAIN}\r\nX-Empty:\r\nX-Padded:  a b`)).toEqual({
      method: 'POST',
      target: '/v2/models/m/infer?x=1',
      rawHeaders: 'Host localhost:8080 Content-Length 3 accept */* X-Empty  X-Padded'.split(' ').concat('a b'),
      names: ['host', 'content-length', 'accept', 'x-empty', 'x-padded'],
      bodyBytes: 3,
    });
  });

  it('may have no body, and may say that its connection stays', () => {
    const head = 'GET /ping HTTP/1.1\r\nHost: x\r\nConnection: Keep-Alive';
    expect(readPlainHead(head)).toMatchObject({ method: 'GET', bodyBytes: 0 });
  });
});

describe('what is more than plain is left to node:http', () => {
  it.each([
    ['another method', PLAIN.replace('POST', 'PUT')],
    ['another version', PLAIN.replace('HTTP/1.1', 'HTTP/1.0')],
    ['an absolute target', PLAIN.replace('/v2', 'http://x/v2')],
    ['a slash at the end', 'GET /ping/ HTTP/1.1\r\nHost: x'],
    ['a slash before the query', 'GET /ping/?x HTTP/1.1\r\nHost: x'],
    ['a fragment', 'GET /ping#x HTTP/1.1\r\nHost: x'],
    ['no host', 'GET /ping HTTP/1.1'],
    ['two hosts', 'GET /ping HTTP/1.1\r\nHost: x\r\nhost: x'],
    ['two lengths', `${PLAIN}\r\ncontent-length: 3`],
    ['any other header twice', `${PLAIN}\r\nX-A: 1\r\nx-a: 1`],
    ['a length that is none', PLAIN.replace('Length: 3', 'Length: +3')],
    ['a list of lengths', PLAIN.replace('Length: 3', 'Length: 3, 3')],
    ['an empty length', PLAIN.replace('Length: 3', 'Length:')],
    ['chunks', `${PLAIN}\r\nTransfer-Encoding: chunked`],
    ['an encoded body', `${PLAIN}\r\nContent-Encoding: gzip`],
    ['an expectation', `${PLAIN}\r\nExpect: 100-continue`],
    ['an upgrade', `${PLAIN}\r\nUpgrade: h2c`],
    ['a connection that ends', `${PLAIN}\r\nConnection: close`],
    ['a space before the colon', `${PLAIN}\r\nX-A : 1`],
    ['a space at the end', `${PLAIN}\r\nX-A: 1 `],
    ['a tab before the value', `${PLAIN}\r\nX-A:\t1`],
    ['a folded line', `${PLAIN}\r\n more`],
    ['a line feed alone', `${PLAIN}\nX-A: 1`],
    ['a carriage return alone', `${PLAIN}\r\nX-A: 1\rX-B: 2`],
    ['a zero byte', `${PLAIN}\r\nX-A: \0`],
    ['a byte beyond ASCII', `${PLAIN}\r\nX-A: \u00e9`],
    ['a line without a colon', `${PLAIN}\r\nX-A`],
    ['very many headers', `${PLAIN}${Array.from({ length: 70 }, (_, index) => `\r\nX-${index}: 1`).join('')}`],
  ])('%s', (_, head) => expect(readPlainHead(head)).toBeUndefined());
});
