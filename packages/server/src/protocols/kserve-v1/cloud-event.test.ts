import { describe, expect, it } from 'vitest';
import { binaryEventHeaders, isBinaryEvent, isStructuredEvent, structuredEvent } from './cloud-event.ts';

const ATTRIBUTES = { specversion: '1.0', id: '1', source: '/tests', type: 'a.request' };
const headersOf = (attributes: Readonly<Record<string, string>>) =>
  Object.entries(attributes).flatMap(([name, value]) => [`CE-${name}`, value]);

describe('an event', () => {
  it('in headers has all four that must be', () => {
    expect(isBinaryEvent(['content-type', 'ce-id', ...headersOf(ATTRIBUTES)])).toBe(true);
    for (const name of Object.keys(ATTRIBUTES)) {
      const others = Object.entries(ATTRIBUTES).filter(([each]) => each !== name);
      expect(isBinaryEvent(headersOf(Object.fromEntries(others)))).toBe(false);
    }
  });

  it('in JSON says so, or has all keys of one', () => {
    expect(isStructuredEvent({ ...ATTRIBUTES, data: 1 }, 'application/cloudevents+json')).toBe(true);
    expect(isStructuredEvent({ ...ATTRIBUTES, data: 1 }, 'application/json')).toBe(false);
    const time = new Date(0).toISOString();
    expect(isStructuredEvent({ ...ATTRIBUTES, time, data: 1 }, 'application/json')).toBe(true);
    expect(isStructuredEvent([], 'application/json')).toBe(false);
  });

  it.each([{ id: '' }, { specversion: '7' }, { source: '' }])('with %j is refused', (wrong) => {
    const attributes = { ...ATTRIBUTES, ...wrong };
    expect(() => isBinaryEvent(headersOf(attributes))).toThrow('The CloudEvent is not valid');
    expect(() => isStructuredEvent(attributes, 'application/cloudevents+json')).toThrow('The CloudEvent is not valid');
  });

  it('that is none is refused', () => {
    expect(() => isStructuredEvent([1], 'application/cloudevents+json')).toThrow('Expected a CloudEvent');
    expect(() => isStructuredEvent({ data: 1 }, 'application/cloudevents+json')).toThrow('not valid');
  });
});

it('the event of an answer has its type, its model and a new id', () => {
  const facts = { specversion: '1.0', type: 'io.kserve.inference.response', source: 'io.kserve.inference.m' };
  expect(structuredEvent('m', { data: 1n })).toMatchObject({ ...facts, data: 1n });
  const [first, second] = [binaryEventHeaders('m'), binaryEventHeaders('m')];
  expect(first).toMatchObject(Object.fromEntries(Object.entries(facts).map(([name, value]) => [`ce-${name}`, value])));
  expect(first['ce-id']).not.toBe(second['ce-id']);
});
