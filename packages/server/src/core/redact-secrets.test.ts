import { describe, expect, it } from 'vitest';
import { redactSecrets } from './redact-secrets.ts';

const SECRET = 'S3cr-et';

/** Each with the secret in it. */
const ADDRESSES = [
  `https://${SECRET}@host/m.mar`,
  `https://user:${SECRET}@host:8443/m.mar?x=1`,
  `https://user:${SECRET}%40more@host/m.mar`,
  `https://user:a@${SECRET}@host/m.mar`,
  `https://user:a/${SECRET}@host/m.mar`,
  `https://user:12%2F${SECRET}@host/m.mar`,
  `s3://KEY:${SECRET}@bucket/m.mar`,
  `https:user:${SECRET}@host/m.mar`,
  `HTTP:/${SECRET}@host/m.mar`,
  `https:///user:${SECRET}@host/m.mar`,
  `https:\\\\user:${SECRET}@host/m.mar`,
  `https:/\\user:${SECRET}@[::1]:80/m.mar`,
  `user:${SECRET}@host/m.mar`,
  `user.name+tag:${SECRET}:more@host:8443`,
  `//user:${SECRET}@[::1]/m.mar`,
  `user%40site:${SECRET}%40more@host/m.mar?x=1`,
  `user:a@${SECRET}@host/m.mar`,
  ...[
    'X-Amz-Signature X-Amz-Credential X-Amz-Security-Token x-amz-signature X-Goog-Signature AWSAccessKeyId Signature',
    'sig SIG token access_token id_token key api_key apikey api-key password passwd pwd client_secret auth',
    'Key-Pair-Id sastoken session_id X%2DAmz%2DSignature secretkey privateKey authkey client_key key1 token2 tokens',
    'token[] token[0] token%5B0%5D __token__ pass sign hmac bearer otp sid hdnts hdnea q-ak q-signature X-Api-Key',
  ]
    .flatMap((names) => names.split(' '))
    .flatMap((name) => [
      `https://host/m.mar?${name}=${SECRET}`,
      `https://host/m.mar?a=b&${name}=a%26${SECRET}&c=d`,
      `https://host/m.mar?a=b;${name}=a+${SECRET}`,
      `https://host/m.mar#${name}=${SECRET}`,
      `/predictions/m?${name}=${SECRET}=`,
    ]),
];

const ENCODINGS: readonly ((address: string) => string)[] = [
  (address) => address,
  (address) => `/models?url=${address}`,
  (address) => `/models?initial_workers=1&url=${encodeURIComponent(address)}&batch_size=1`,
  (address) => `/models?url=${encodeURIComponent(encodeURIComponent(address))}&x=1`,
  (address) => `/models?url=${encodeURIComponent(address).replaceAll(/%../g, (code) => code.toLowerCase())}`,
  (address) => `https://proxy/get?from=${encodeURIComponent(`/models?url=${encodeURIComponent(address)}`)}`,
  (address) => `Failed to download archive from: "${address}": 403`,
];

describe('secrets in addresses', () => {
  it.each(ADDRESSES)('%s', (address) => {
    for (const encode of ENCODINGS) {
      const line = JSON.stringify({ msg: encode(address), path: [encode(address)], ms: 1 });
      const shown = redactSecrets(line);
      expect(shown).not.toContain(SECRET);
      expect(Object.keys(JSON.parse(shown) as object)).toEqual(['msg', 'path', 'ms']);
    }
  });

  it('leave the rest of the address', () => {
    expect(
      redactSecrets('POST /models?url=https%3A%2F%2Fu%3Ap%40host%2Fm.mar%3Fsig%3Dabc%26x%3D1&batch_size=2 200'),
    ).toBe('POST /models?url=https%3A%2F%2F***@host%2Fm.mar%3Fsig%3D***%26x%3D1&batch_size=2 200');
  });

  it.each([
    'https://host:8080/m.mar?version=1@2&x=a@b',
    'https://host/@scope/package?monkey=1&keys=2&tokenizer=3',
    'POST /predictions/m 200 key=value, token=x of the handler',
    'https%3A%2F%2Fhost%3A8080%2Fa%40b',
    '100 % sure, mail a@b.c, mailto:a@b.c, npm:left-pad@1.3.0',
    'GET /predictions/m?at=11:23&mail=a@b and /m?at=11:23&mail=a%40b at 11:23:41 200',
    '{"x":1,"mail":"a@b","hosts":["h:80","a@b"]}',
    '/models?url=host%3A8080%2Fa%40b&mail=a%40b',
  ])('are not seen in %s', (text) => {
    expect(redactSecrets(text)).toBe(text);
  });

  it('are looked for in linear time, whatever the text', () => {
    const pieces = [
      '://',
      '://a:',
      '%3A%2F%2Fa%3A',
      '?',
      '&a',
      '%25',
      '%2525',
      '&key=',
      '=',
      '@',
      '%40',
      'a',
      '\\\\',
      '&_key',
    ];
    for (const first of pieces) {
      for (const second of pieces) {
        const text = `${first}${second}`.repeat(6000).slice(0, 65_536);
        const start = performance.now();
        redactSecrets(text);
        expect(performance.now() - start, `${first}${second}`).toBeLessThan(10_000);
      }
    }
  });
});
