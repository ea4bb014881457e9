import { describe, expect, it } from 'vitest';
import { type GivenAnswer, goldenMismatch } from './golden-answer.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

function json(text: string, tolerance = 0) {
  return { kind: 'json', status: 200, body: bytes(text), tolerance } as const;
}

function exactly(body: Uint8Array | string) {
  return { kind: 'bytes', status: 200, body: typeof body === 'string' ? bytes(body) : body } as const;
}

function given(body: Uint8Array | string, facts: Partial<GivenAnswer> = {}): GivenAnswer {
  return { contentType: 'application/json', body: typeof body === 'string' ? bytes(body) : body, ...facts };
}

describe('an answer that is as expected', () => {
  it('may be written in another way, when it is JSON', () => {
    expect(goldenMismatch(json('{"a":1,"b":[2]}'), given('{ "b": [2.0],\n"a": 1 }'))).toBeUndefined();
  });

  it('may deviate by the tolerance', () => {
    expect(goldenMismatch(json('{"dist":0.25}', 0.001), given('{"dist":0.2504}'))).toBeUndefined();
  });

  it('may deviate by a part of each number', () => {
    const expected = { ...json('{"p":0.0003}', 1e-8), relativeTolerance: 0.01 };
    expect(goldenMismatch(expected, given('{"p":0.000301}'))).toBeUndefined();
    expect(goldenMismatch(expected, given('{"p":0.0005}'))).toContain('$.p is 0.0005, expected 0.0003');
  });

  it('is the very same bytes, when it is none', () => {
    expect(goldenMismatch(exactly('seven\n'), given('seven\n', { contentType: 'text/plain' }))).toBeUndefined();
    expect(goldenMismatch(exactly(''), given(''))).toBeUndefined();
  });

  it('may be anything when only its status is expected', () => {
    expect(goldenMismatch({ kind: 'status', status: 400 }, given('no image', { status: 400 }))).toBeUndefined();
  });

  it('has the status 200 when none is told', () => {
    expect(goldenMismatch(exactly('x'), given('x', { status: 200 }))).toBeUndefined();
  });
});

describe('an answer that is not as expected', () => {
  it('is shown beside the expected one, with the place', () => {
    expect(goldenMismatch(json('{"dist":0.25,"pred":7}', 0.01), given('{"dist":0.3,"pred":1}'))).toBe(
      '$.dist is 0.3, expected 0.25 (tolerance 0.01). ' +
        'Expected answer: {"dist":0.25,"pred":7}; this answer: {"dist":0.3,"pred":1}',
    );
  });

  it('has another status, whatever its text', () => {
    expect(goldenMismatch(exactly('x'), given('x', { status: 503 }))).toBe(
      'the status is 503, expected 200. Expected answer: x; this answer: x',
    );
    expect(goldenMismatch({ kind: 'status', status: 400 }, given('{"pred":7}'))).toBe(
      'the status is 200, expected 400. Expected answer: anything; this answer: {"pred":7}',
    );
  });

  it('is no JSON where JSON is expected', () => {
    expect(goldenMismatch(json('7'), given('seven', { contentType: 'text/plain' }))).toMatch(
      /^the answer, text\/plain, is not JSON \(.*\)\. Expected answer: 7; this answer: seven$/,
    );
    expect(goldenMismatch(json('7'), given('', { contentType: '' }))).toMatch(
      /^the answer, without a content type, is not JSON .*; this answer: nothing$/,
    );
  });

  it('has other bytes, or more, or fewer', () => {
    expect(goldenMismatch(exactly('a seven'), given('a sever'))).toBe(
      'the answer differs from byte 6 on; it has 7 bytes, expected 7. Expected answer: a seven; this answer: a sever',
    );
    expect(goldenMismatch(exactly('seven'), given('seven!'))).toContain('from byte 5 on; it has 6 bytes, expected 5');
    expect(goldenMismatch(exactly('seven'), given(''))).toContain('from byte 0 on; it has 0 bytes, expected 5');
  });

  it('is shown in hexadecimal when it is no text', () => {
    const expected = exactly(Uint8Array.of(0x89, 0x50, 0xff));
    expect(goldenMismatch(expected, given(Uint8Array.of(0x89, 0x50, 0xfe)))).toContain(
      'Expected answer: …hexadecimal ff; this answer: …hexadecimal fe',
    );
  });

  it('is shortened to its beginning, on one line', () => {
    const long = `{"text":"${'ü'.repeat(10_000)}",\n\t"pred":`;
    const mismatch = goldenMismatch(json(`${long}7}`), given(`${long}1}`)) ?? '';
    expect(mismatch).toMatch(
      /^\$\.pred is 1, expected 7\. Expected answer: \{"text":"ü{245}…; this answer: \{"text":"ü+…$/,
    );
    expect(goldenMismatch(json('7'), given('a\n\u001bb'))).not.toMatch(/\p{Cc}/u);
  });

  it('is shown around the place, when that is far inside of a text', () => {
    const mismatch = goldenMismatch(exactly(`${'a'.repeat(5000)}x${'b'.repeat(5000)}`), given('a'.repeat(5001)));
    expect(mismatch).toContain(`Expected answer: …${'a'.repeat(100)}x${'b'.repeat(399)}…; `);
    expect(mismatch).toContain(`this answer: …${'a'.repeat(101)}`);
  });
});
