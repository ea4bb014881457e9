/** What a handler gets of a body, however it was encoded; and what is refused rather than misread. */
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MIRROR } from '../fixtures/handlers.ts';
import { identityModel } from '../fixtures/onnx-models.ts';
import { addArchive } from '../helpers/archives.ts';
import { registerModels, startDaemon, type Daemon } from '../helpers/daemon.ts';
import { send, type Answer } from '../helpers/http.ts';
import { openConnection, readUntil } from '../helpers/raw-connection.ts';
import { createRandom } from '../helpers/random.ts';

/** Tells how much it got, and of what. */
const DIGEST = `
  import { createHash } from 'node:crypto';
  export function handle(rows) {
    return rows?.map(({ body }) => createHash('sha256').update(body).digest('hex'));
  }
`;

let daemon: Daemon;

beforeAll(async () => {
  daemon = await startDaemon({
    async fill(store) {
      await addArchive(store, { name: 'mirror', source: MIRROR });
      await addArchive(store, { name: 'digest', source: DIGEST });
      await addArchive(store, { name: 'identity', model: identityModel() });
    },
  });
  await registerModels(daemon, ['mirror', 'digest', 'identity']);
});

afterAll(() => daemon.close());

function ask(body: Uint8Array, headers: Record<string, string>, model = 'mirror'): Promise<Answer> {
  return send(`${daemon.inference}/predictions/${model}`, { method: 'POST', body, headers });
}

/** What the handler saw of it. */
async function rowOf(body: string | Uint8Array, headers: Record<string, string>): Promise<unknown> {
  return (await ask(Buffer.from(body), headers)).json<{ row: unknown }>().row;
}

const CODINGS: Readonly<Record<string, (bytes: Uint8Array) => Buffer>> = {
  gzip: gzipSync,
  'x-gzip': gzipSync,
  GZIP: gzipSync,
  deflate: deflateSync,
  ' deflate': deflateRawSync,
  br: brotliCompressSync,
  identity: (bytes) => Buffer.from(bytes),
  'gzip, br': (bytes) => brotliCompressSync(gzipSync(bytes)),
  'identity, deflate, gzip': (bytes) => gzipSync(deflateSync(bytes)),
};

const COMPRESSING = Object.entries(CODINGS).filter(([coding]) => coding !== 'identity');

describe.each(Object.entries(CODINGS))('a body with content-encoding "%s"', (coding, encode) => {
  const headers = { 'content-encoding': coding };

  it('reaches its handler as it was before', async () => {
    const random = createRandom(3);
    for (const size of [1, 1000, 200_000, 3_000_000]) {
      const body = Buffer.alloc(size, random.bytes(1013));
      const digest = Buffer.from(await crypto.subtle.digest('SHA-256', body)).toString('hex');
      expect((await ask(encode(body), headers, 'digest')).text).toBe(digest);
    }
    const json = { 'content-type': 'application/json', ...headers };
    expect(await rowOf(encode(Buffer.from('{"a": [1]}')), json)).toEqual({ body: { a: [1] } });
    const form = { 'content-type': 'application/x-www-form-urlencoded', ...headers };
    expect(await rowOf(encode(Buffer.from('a=1&b=2')), form)).toEqual({ a: '1', b: '2' });
  });
});

describe.each(COMPRESSING)('a body compressed by "%s"', (coding, encode) => {
  const headers = { 'content-encoding': coding };

  it('is refused when it is damaged, cut short, or followed by something', async () => {
    const random = createRandom(5);
    const whole = encode(Buffer.from('something to be compressed, and a little more of it'.repeat(50)));
    const damaged = [
      Buffer.from('not compressed at all'),
      Buffer.concat([whole, Buffer.from('!')]),
      ...Array.from({ length: 10 }, () => whole.subarray(0, random.integer(1, whole.length - 1))),
    ];
    for (const body of damaged) expect((await ask(body, headers)).status).toBe(400);
  });

  it('is refused when more than max_request_size comes of it', async () => {
    const answer = await ask(encode(Buffer.alloc(7_000_000)), headers);
    expect(answer.json()).toMatchObject({ code: 413, message: expect.stringContaining('max_request_size') as string });
  });
});

describe('a body that cannot be decoded', () => {
  it.each(['zstd', 'compress', 'gzip, nonsense', 'chunked', Array.from({ length: 6 }, () => 'gzip').join()])(
    'with content-encoding %s is refused with those that can be',
    async (coding) => {
      const answer = await ask(Buffer.from('x'), { 'content-encoding': coding });
      expect(answer.status).toBe(415);
      expect(answer.headers.get('accept-encoding')).toBe('gzip, deflate, br');
    },
  );

  it('is refused for its charset', async () => {
    for (const type of ['text/plain', 'application/json', 'application/x-www-form-urlencoded']) {
      expect((await ask(Buffer.from('x'), { 'content-type': `${type}; charset=nonsense` })).status).toBe(415);
    }
  });
});

describe('text', () => {
  const text = 'größer als 日本';
  it.each([
    ['text/plain', Buffer.from(text)],
    ['text/plain; charset=UTF-8', Buffer.from(text)],
    ['text/plain; charset="utf-8"; format=flowed', Buffer.from(`\uFEFF${text}`)],
    ['text/plain; charset=utf-16le', Buffer.from(text, 'utf16le')],
    ['text/html;charset=utf-16', Buffer.from(`\uFEFF${text}`, 'utf16le')],
  ])('as %s', async (contentType, body) => {
    expect(await rowOf(body, { 'content-type': contentType })).toEqual({ body: text });
  });

  it('in other charsets, as JSON and in forms, too', async () => {
    const latin = Buffer.from('"größer \x80"', 'latin1');
    expect(await rowOf(latin, { 'content-type': 'application/json; charset=windows-1252' })).toEqual({
      body: 'größer €',
    });
    const form = { 'content-type': 'application/x-www-form-urlencoded; charset=shift_jis' };
    expect(await rowOf('a=%93%fa%96%7b+%41', form)).toEqual({ a: '日本 A' });
  });

  it('that is not of its charset is refused', async () => {
    for (const bytes of [[0xff], [0xc3], [0xed, 0xa0, 0x80], [0x61, 0xc0, 0x80]]) {
      for (const contentType of ['text/plain', 'application/json', 'application/x-www-form-urlencoded']) {
        const body = Buffer.concat([Buffer.from('"x'), Buffer.from(bytes), Buffer.from('"')]);
        expect((await ask(body, { 'content-type': contentType })).status).toBe(400);
      }
    }
    expect((await ask(Buffer.from('a=%ff'), { 'content-type': 'application/x-www-form-urlencoded' })).status).toBe(400);
    expect((await ask(Buffer.from('x'), { 'content-type': 'text/plain; charset=utf-16le' })).status).toBe(400);
  });
});

describe('a form', () => {
  it('gives a list for a field that comes several times', async () => {
    const form = new FormData();
    form.append('a', '1');
    form.append('b', new Blob(['x']), 'x');
    form.append('a', '2');
    form.append('b', new Blob(['y']), 'y');
    form.append('c', '3');
    const row = (await send(`${daemon.inference}/predictions/mirror`, { method: 'POST', body: form })).json().row;
    expect(row).toMatchObject({ a: ['1', '2'], b: [{ data: [120] }, { data: [121] }], c: '3' });
    const urlencoded = { 'content-type': 'application/x-www-form-urlencoded' };
    expect(await rowOf('a=1&b=&a=2&&c&a=1', urlencoded)).toEqual({ a: ['1', '2', '1'], b: '', c: '' });
  });

  const field = (bytes: Uint8Array, head = '') =>
    Buffer.concat([
      Buffer.from(`--B\r\nContent-Disposition: form-data; name="a"\r\n${head}\r\n`),
      bytes,
      Buffer.from('\r\n--B--\r\n'),
    ]);
  const multipart = { 'content-type': 'multipart/form-data; boundary=B' };

  it('has text in its plain fields, or is refused', async () => {
    expect(await rowOf(field(Buffer.from('größer \uFFFD')), multipart)).toEqual({ a: 'größer \uFFFD' });
    const latin = field(Buffer.from('größer', 'latin1'), 'Content-Type: text/plain; charset=iso-8859-1\r\n');
    expect(await rowOf(latin, multipart)).toEqual({ a: 'größer' });
    expect((await ask(field(Buffer.from([0x61, 0xff])), multipart)).status).toBe(400);
    const unknown = field(Buffer.from('x'), 'Content-Type: text/plain; charset=shift_jis\r\n');
    expect((await ask(unknown, multipart)).status).toBe(400);
    const nonsense = field(Buffer.from('x'), 'Content-Type: text/plain; charset=nonsense\r\n');
    expect((await ask(nonsense, multipart)).status).toBe(415);
  });

  it('has text in its files in the charset that they name, or is refused', async () => {
    const parts = [
      ['name="a"; filename="a.json"', 'Application/JSON; Charset="ISO-8859-1"', Buffer.from('{"ü": "é"}', 'latin1')],
      ['name="b"', 'text/plain', Buffer.from('charset')],
      ['name="c"; filename="c.txt"', 'text/plain; charset=utf-16le', Buffer.from('größer', 'utf16le')],
      ['name="d"; filename="d.txt"', 'text/plain', Buffer.from('größer')],
      ['name="e"; filename="e.txt"', 'text/csv; charset=shift_jis', Buffer.from([0x83, 0x65])],
      ['name="g"; filename="g.txt"', 'TEXT/CSV; CHARSET=UTF-16LE', Buffer.from('größer', 'utf16le')],
      ['name="h"; filename="h.txt"', 'text/csv;\r\n charset=latin1', Buffer.from('é', 'latin1')],
      ['name="f"; filename="f"', 'application/octet-stream; charset=utf-16', Buffer.from('x')],
    ] as const;
    const form = parts.flatMap(([disposition, type, bytes]) => [
      Buffer.from(`--B\r\nContent-Disposition: form-data; ${disposition}\r\ncontent-type: ${type}\r\n\r\n`),
      bytes,
      Buffer.from('\r\n'),
    ]);
    const preamble = Buffer.from('a preamble of --B\r\n');
    for (const start of [[], [preamble]]) {
      const body = Buffer.concat([...start, ...form, Buffer.from('--B--\r\n')]);
      expect(await rowOf(body, { 'content-type': 'multipart/form-data; boundary="B"' })).toMatchObject({
        a: { ü: 'é' },
        b: 'charset',
        c: 'größer',
        d: 'größer',
        e: 'テ',
        f: 'bytes:x',
        g: 'größer',
        h: 'é',
      });
    }
    const bad = field(Buffer.from('x'), 'Content-Type: text/csv; charset=nonsense\r\n');
    expect((await ask(bad, multipart)).status).toBe(415);
  });

  it.each(['base64', 'quoted-printable'])('is refused when a field has the transfer encoding %s', async (encoding) => {
    const form = field(Buffer.from('eA=='), `Content-Transfer-Encoding: ${encoding}\r\n`);
    expect((await ask(form, multipart)).status).toBe(415);
    expect(await rowOf(field(Buffer.from('x'), 'Content-Transfer-Encoding: BINARY\r\n'), multipart)).toEqual({
      a: 'x',
    });
  });

  it.each([
    'Content-Encoding: gzip',
    'content-encoding:br',
    'CONTENT-ENCODING: GZIP',
    'Content-Encoding:\r\n  deflate',
    'Content-Type: application/octet-stream\r\nContent-encoding: x-unknown',
  ])('is refused when a field has an encoding of its own: %j', async (headers) => {
    const { status, text } = await ask(field(gzipSync('[1]'), `${headers}\r\n`), multipart);
    expect({ status, text }).toMatchObject({ status: 415, text: expect.stringContaining('Content-Encoding') });
    const plain = field(Buffer.from('Content-Encoding: gzip'), 'Content-Encoding: identity\r\n');
    expect(await rowOf(plain, multipart)).toEqual({ a: 'Content-Encoding: gzip' });
  });

  it('is refused when it has too many fields or too long names', async () => {
    const urlencoded = { 'content-type': 'application/x-www-form-urlencoded' };
    expect((await ask(Buffer.from('a=1&'.repeat(1001)), urlencoded)).status).toBe(400);
    expect((await ask(Buffer.from(`${'n'.repeat(1001)}=1`), urlencoded)).status).toBe(400);
    expect((await ask(Buffer.from('a=%zz'), urlencoded)).status).toBe(400);
  });
});

describe('JSON', () => {
  const json = { 'content-type': 'application/json' };
  const identity = async (body: string) => (await ask(Buffer.from(body), json, 'identity')).text;

  it('may have a byte order mark', async () => {
    expect(await rowOf('\uFEFF{"a": "ü"}', json)).toEqual({ body: { a: 'ü' } });
  });

  it('has NaN for null, and keeps the sign of zero', async () => {
    expect(await identity('[1, null]')).toBe('[1,"NaN"]');
    expect(await identity('[0, -0.0]')).toBe('[0,-0.0]');
  });

  it('is no reason to fail for how deep it is', async () => {
    for (const depth of [1000, 1_000_000]) {
      const answer = await ask(Buffer.from('['.repeat(depth) + ']'.repeat(depth)), json, 'identity');
      expect(answer.status).toBe(400);
      expect(answer.text.length).toBeLessThan(1000);
    }
  });
});

describe('a request with two content types', () => {
  const askRaw = async (address: string, target: string, types: readonly string[], more = '') => {
    const socket = await openConnection(address);
    const lines = types.map((type, index) => `${index % 2 === 0 ? 'Content-Type' : 'content-type'}: ${type}\r\n`);
    socket.write(
      `POST ${target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n${lines.join('')}${more}Content-Length: 3\r\n\r\n"x"`,
    );
    return readUntil(socket).finally(() => socket.destroy());
  };

  it('is refused when they differ', async () => {
    for (const types of [
      ['text/plain', 'application/json'],
      ['application/json', 'application/json', 'application/octet-stream'],
      ['application/json', 'multipart/form-data; boundary=B'],
      ['', 'application/json'],
    ]) {
      expect(await askRaw(daemon.inference, '/predictions/mirror', types)).toMatch(
        /^HTTP\/1.1 400 .*two content types/s,
      );
    }
    const answer = await askRaw(daemon.management, '/models', ['application/json', 'text/plain']);
    expect(answer).toMatch(/^HTTP\/1.1 400 .*two content types/s);
  });

  it('is read where another header says what the body is', async () => {
    const types = ['application/json', 'application/octet-stream'];
    const more = 'Inference-Header-Content-Length: 3\r\n';
    expect(await askRaw(daemon.inference, '/v2/models/mirror/infer', types, more)).toMatch(
      /^HTTP\/1.1 400 .*JSON object/s,
    );
  });

  it('is answered when they are the same', async () => {
    const answer = await askRaw(daemon.inference, '/predictions/mirror', ['application/json', 'application/json']);
    expect(answer).toMatch(/^HTTP\/1.1 200 /);
  });
});
