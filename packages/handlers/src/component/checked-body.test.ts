import { describe, expect, it } from 'vitest';
import { checkedBody } from './checked-body.ts';

describe('a message', () => {
  it('says nothing where it has null', () => {
    const message = {
      strData: null,
      status: null,
      data: { ndarray: [[null]], names: null },
      meta: { tags: null, puid: null },
    };
    expect(checkedBody('predict', message)).toEqual({ data: { ndarray: [[null]] }, meta: {} });
    expect(checkedBody('predict', { strData: 'x', meta: null })).toEqual({ strData: 'x' });
    expect(checkedBody('predict', { jsonData: null })).toEqual({ jsonData: null });
  });

  it('is itself where it has none', () => {
    const message = { strData: 'x', meta: { tags: { a: null }, routing: {}, requestPath: {}, metrics: [], puid: 'p' } };
    expect(checkedBody('predict', message)).toEqual(message);
    for (const none of [undefined, null, 5, 'x', []]) expect(checkedBody('predict', none)).toBe(none);
  });

  it.each([
    [5, 'meta: expected an object, got 5'],
    ['x', 'meta: expected an object'],
    [[], 'meta: expected an object'],
    [{ tags: 5 }, 'meta.tags: expected an object'],
    [{ routing: [] }, 'meta.routing: expected an object'],
    [{ requestPath: 'x' }, 'meta.requestPath: expected an object'],
    [{ metrics: {} }, 'meta.metrics: expected a list'],
    [{ puid: 5 }, 'meta.puid: expected a text'],
  ])('with %j as meta is none', (meta, problem) => {
    for (const [method, body] of [
      ['predict', { strData: 'x', meta }],
      ['aggregate', [{ strData: 'x', meta }]],
      ['aggregate', { seldonMessages: [{ strData: 'x', meta }] }],
      ['send-feedback', { response: { meta } }],
    ] as const)
      expect(() => checkedBody(method, body)).toThrow(problem);
  });
});

describe('a feedback', () => {
  it('says nothing where it has null', () => {
    const feedback = { request: { data: null }, response: null, truth: { meta: null }, reward: null };
    expect(checkedBody('send-feedback', feedback)).toEqual({ request: {}, truth: {} });
  });

  it('is of messages', () => {
    expect(() => checkedBody('send-feedback', { truth: 5 })).toThrow('truth: expected a SeldonMessage, got 5');
    expect(checkedBody('send-feedback', 'x')).toBe('x');
  });
});
