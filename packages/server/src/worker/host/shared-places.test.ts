import { expect, it } from 'vitest';
import type { SharedPlace } from '../../wire/run-message.ts';
import { SharedPlaces } from './shared-places.ts';

it('takes the first gap that is large enough', () => {
  const places = new SharedPlaces(100);
  const first = places.take(40);
  expect(first).toEqual({ offset: 0, size: 40 });
  expect(places.take(40)).toEqual({ offset: 40, size: 40 });
  expect(places.has(21)).toBe(false);
  expect(places.take(40)).toBeUndefined();
  places.release(first as SharedPlace);
  expect(places.take(30)).toEqual({ offset: 0, size: 30 });
  expect(places.take(20)).toEqual({ offset: 80, size: 20 });
  expect(places.take(10)).toEqual({ offset: 30, size: 10 });
  expect(places.has(1)).toBe(false);
});

it('gives nothing larger than itself', () => {
  expect(new SharedPlaces(100).take(101)).toBeUndefined();
  expect(new SharedPlaces(0).take(1)).toBeUndefined();
});

it('never gives a byte twice, whatever is taken and given back, and all of them in the end', () => {
  const places = new SharedPlaces(1000);
  const used: SharedPlace[] = [];
  let given = 0;
  for (let turn = 0, size = 1; turn < 5000; turn += 1, size = 1 + ((size * 37 + turn) % 400)) {
    const place = places.take(size);
    if (place === undefined) {
      const [released] = used.splice(turn % used.length, 1);
      places.release(released as SharedPlace);
      continue;
    }
    const end = place.offset + place.size;
    expect(end).toBeLessThanOrEqual(1000);
    expect(used.filter((other) => place.offset < other.offset + other.size && other.offset < end)).toEqual([]);
    used.push(place);
    given += 1;
  }
  expect(given).toBeGreaterThan(1000);
  for (const place of used) places.release(place);
  expect(places.take(1000)).toEqual({ offset: 0, size: 1000 });
});
