/** Requests that no client should send, made up from a seed: every one is different, and all can be had again. */
import type { Random } from '../helpers/random.ts';

export interface MalformedRequest {
  /** What is wrong with it. */
  readonly kind: string;
  readonly listener: 'inference' | 'management' | 'metrics';
  /** Written one after the other. */
  readonly pieces: readonly Buffer[];
  /** What the client does then: waits for an answer, ends its side of the connection, or cuts it off. */
  readonly ending: 'wait' | 'half-close' | 'cut';
}

const PATH = '/predictions/good';
const MOST_PIECES = 4;

export function malformedRequest(random: Random): MalformedRequest {
  const kind = random.pick(Object.keys(KINDS));
  const text = KINDS[kind]?.(random) ?? '';
  return {
    kind,
    listener: random.pick(['inference', 'inference', 'inference', 'management', 'metrics'] as const),
    pieces: cut(Buffer.isBuffer(text) ? text : Buffer.from(text, 'latin1'), random),
    ending: random.pick(['wait', 'wait', 'half-close', 'cut'] as const),
  };
}

/** Random places in it become the borders of separate writes. */
function cut(bytes: Buffer, random: Random): Buffer[] {
  const borders = Array.from({ length: random.integer(0, MOST_PIECES - 1) }, () => random.integer(0, bytes.length));
  const all = [0, ...borders.sort((one, other) => one - other), bytes.length];
  return all.slice(1).map((end, index) => bytes.subarray(all[index], end));
}

type Make = (random: Random) => string | Buffer;

const KINDS: Readonly<Record<string, Make>> = {
  'random bytes': (random) => random.bytes(random.integer(1, 2000)),
  'changed bytes': (random) => changed(Buffer.from(valid('{"a": [1, 2, 3]}')), random),
  'truncated request': (random) => {
    const whole = valid('{"a": [1, 2, 3]}');
    return whole.slice(0, random.integer(0, whole.length - 1));
  },
  'request line': (random) => `${random.pick(REQUEST_LINES)}\r\nHost: localhost\r\n\r\n`,
  target: (random) =>
    `${random.pick(['GET', 'POST', 'PUT', 'DELETE', 'OPTIONS'])} ${target(random)} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n`,
  header: (random) => `POST ${PATH} HTTP/1.1\r\n${random.pick(HEADERS)}\r\nContent-Length: 2\r\n\r\n{}`,
  'huge header': (random) => `GET /ping HTTP/1.1\r\nX-Large: ${'x'.repeat(random.integer(10_000, 200_000))}\r\n\r\n`,
  'many headers': (random) => `GET /ping HTTP/1.1\r\n${'X-Many: 1\r\n'.repeat(random.integer(500, 5000))}\r\n`,
  length: (random) => `POST ${PATH} HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${random.pick(LENGTHS)}\r\n\r\nbody`,
  'lying length': (random) => lying(random.integer(0, 100), random.integer(0, 100)),
  chunks: (random) => chunked(random.pick(CHUNKS)),
  pipeline: (random) =>
    `${valid('[1]').repeat(random.integer(1, 20))}${random.pick(REQUEST_LINES)}\r\n\r\n${valid('[2]')}`,
  multipart: (random) => multipart(random),
  'form body': (random) =>
    valid(
      random.pick(['=', '&&&=&', 'a'.repeat(5000), '%zz=%', 'a=1&'.repeat(3000)]),
      'application/x-www-form-urlencoded',
    ),
  json: (random) => valid(random.pick(JSONS)()),
  'content type': (random) => valid('{}', random.pick(CONTENT_TYPES)),
  parameters: (random) =>
    `POST /models?${random.pick(PARAMETERS)} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n`,
  upgrade: () =>
    `GET ${PATH} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: x\r\n\r\n`,
  expectation: (random) =>
    `POST ${PATH} HTTP/1.1\r\nHost: localhost\r\nExpect: ${random.pick(['100-continue', 'the worst', ''])}\r\nContent-Length: 5\r\n\r\n{}`,
};

/** As it should be, but for what is in it. */
function valid(body: string, contentType = 'application/json'): string {
  const length = Buffer.byteLength(body, 'latin1');
  return `POST ${PATH} HTTP/1.1\r\nHost: localhost\r\nContent-Type: ${contentType}\r\nContent-Length: ${length}\r\n\r\n${body}`;
}

function changed(bytes: Buffer, random: Random): Buffer {
  const copy = Buffer.from(bytes);
  for (let change = random.integer(1, 5); change > 0; change -= 1) {
    copy[random.integer(0, copy.length - 1)] = random.integer(0, 255);
  }
  return copy;
}

const REQUEST_LINES = [
  '',
  'GET',
  'GET /ping',
  'GET /ping HTTP/9.9',
  'GET /ping HTTP/1.1 again',
  'get /ping HTTP/1.1',
  'BREW /ping HTTP/1.1',
  'GET  /ping  HTTP/1.1',
  'GET\t/ping\tHTTP/1.1',
  'GET /ping HTTP/1.1\nHost: x\n',
  'GET /p\0ing HTTP/1.1',
  'PRI * HTTP/2.0',
  'CONNECT somewhere:443 HTTP/1.1',
  'TRACE /ping HTTP/1.1',
  'HEAD /ping HTTP/1.1',
  'HTTP/1.1 200 OK',
  '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
];

function target(random: Random): string {
  return random.pick([
    `http://somewhere${PATH}`,
    'http://[::1/ping',
    'https://',
    '*',
    '//',
    '/////ping',
    'ping',
    '/%',
    '/%zz',
    '/%00',
    '/predictions/%2e%2e%2fgood',
    '/predictions/../../etc/passwd',
    '/predictions/__proto__',
    '/predictions/good/constructor',
    '/models/hasOwnProperty',
    '/models/%ff%fe',
    '/predictions/\xff\xfe',
    `/predictions/${'x'.repeat(random.integer(1000, 15_000))}`,
    `/${'a/'.repeat(random.integer(100, 7000))}`,
    `/models?${'limit=1&'.repeat(random.integer(10, 1500))}`,
    '/metrics?name[]=%',
    '/metrics?name[]=__proto__',
    '/api-description?x=%e0%a4%a',
  ]);
}

const HEADERS = [
  'no colon here',
  ': no name',
  'Na me: x',
  'Name\0: x',
  'Name: x\0y',
  'Name : x',
  ' Folded: x\r\n  more',
  'Content-Length: 5',
  'Content-Length: 2, 2',
  'Transfer-Encoding: chunked',
  'Transfer-Encoding: gzip, chunked',
  'Transfer-Encoding: nonsense',
  'Host: localhost\r\nHost: y',
  'Host: \xff',
  'Content-Encoding: gzip',
  'X-Request-Id: ' + 'x'.repeat(8000),
  'X-Request-Id: \x01\x02\x7f',
  'X-Request-Timeout-Ms: soon',
  'X-Request-Timeout-Ms: -1',
  'X-Request-Timeout-Ms: 1e999',
  'X-Marserve-Timing: \xff',
  'Connection: close, keep-alive, upgrade',
  '__proto__: x',
];

const LENGTHS = [
  '-1',
  '0x4',
  '4.0',
  '+4',
  '1e1',
  '',
  '99999999999999999999',
  '9'.repeat(400),
  '4 4',
  'four',
  '18446744073709551616',
];

function lying(said: number, sent: number): string {
  return `POST ${PATH} HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${said}\r\n\r\n${'x'.repeat(sent)}`;
}

const CHUNKS = [
  'zz\r\nab\r\n0\r\n\r\n',
  '2\r\nabc\r\n0\r\n\r\n',
  '5\r\nab',
  'FFFFFFFFFFFFFFFF\r\nab',
  'FFFFFFFFFFFFFFFFF\r\nab',
  '-1\r\nab\r\n0\r\n\r\n',
  '2\nab\n0\n\n',
  '2\r\nab\r\n',
  `2;${'x'.repeat(20_000)}\r\nab\r\n0\r\n\r\n`,
  '2;a="b\r\n\r\nab\r\n0\r\n\r\n',
  '0\r\nTrailer\0: x\r\n\r\n',
  `0\r\n${'X-Trailer: 1\r\n'.repeat(3000)}\r\n`,
  '1\r\na\r\n'.repeat(2000),
  '\r\n\r\n',
];

function chunked(body: string): string {
  return `POST ${PATH} HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n${body}`;
}

const BOUNDARIES = ['B', '', '"', '"B', 'x'.repeat(500), '\0', 'ä', '--'];

function multipart(random: Random): string {
  const boundary = random.pick(BOUNDARIES);
  const part = (head: string, body: string) => `--${boundary}\r\n${head}\r\n\r\n${body}\r\n`;
  const body = random.pick([
    part('Content-Disposition: form-data; name="a"', 'x').repeat(random.integer(1, 2000)),
    part('Content-Disposition: form-data; name="a"; filename="f"', 'x').slice(0, -random.integer(1, 40)),
    part('Content-Disposition: form-data', 'no name'),
    part('Content-Disposition: form-data; name="__proto__"', '1') + `--${boundary}--`,
    part('Content-Disposition: form-data; name="\0"; filename="../../x\0"', '1') + `--${boundary}--`,
    part(`X-Large: ${'x'.repeat(random.integer(1000, 100_000))}`, '1') + `--${boundary}--`,
    part('Content-Disposition: nonsense; name', '1') + `--${boundary}--`,
    part('', '') + `--${boundary}--`,
    `--${boundary}--`,
    `--${boundary}\r\n`.repeat(random.integer(1, 500)),
    '\r\n'.repeat(random.integer(1, 500)),
  ]);
  return valid(body, `multipart/form-data; boundary=${boundary}`);
}

const JSONS: readonly (() => string)[] = [
  () => '{',
  () => '[1, 2',
  () => '{"a": }',
  () => '"\xff\xfe"',
  () => '[1e999, -1e999, 1e-999]',
  () => '123456789012345678901234567890',
  () => '['.repeat(50_000),
  () => '['.repeat(50_000) + ']'.repeat(50_000),
  () => '{"a":'.repeat(20_000) + '1' + '}'.repeat(20_000),
  () => '{"__proto__": {"polluted": true}, "constructor": 1, "toString": null}',
  () => '\uFEFF{}',
  () => `{${'"a": 1, '.repeat(5000)}"a": 1}`,
  () => '',
];

const CONTENT_TYPES = [
  '',
  ';',
  'application/json; charset=nonsense',
  'text/\xff',
  'multipart/form-data',
  'multipart/form-data; boundary',
  'multipart/',
  'application/x-www-form-urlencoded; charset=utf-7',
  'x'.repeat(5000),
  'constructor',
];

/** None of them names an archive that is there. */
const PARAMETERS = [
  'url',
  'url=',
  'url=%00',
  'url=../../etc/passwd',
  'url=file:///etc/passwd',
  'url=http://[::1',
  'url=none.mar&batch_size=-1',
  'url=none.mar&batch_size=1e9',
  'url=none.mar&initial_workers=NaN',
  'url=none.mar&model_name=__proto__',
  'url=none.mar&model_name=%ff',
  'url=none.mar&url=none.mar',
  `url=${'x'.repeat(5000)}`,
  'url[]=none.mar',
  'url[__proto__]=none.mar',
  '__proto__[url]=none.mar',
  '%zz=%zz',
];
