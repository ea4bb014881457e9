import { expect, it } from 'vitest';
import { SharedPlaces } from './shared-places.ts';

it('goes around: what was given back is taken again', () => {
  const places = new SharedPlaces(100);
  expect(places.take(40)).toEqual({ offset: 0, size: 40 });
  expect(places.take(40)).toEqual({ offset: 40, size: 40 });
  expect(places.take(40)).toBeUndefined();
  places.release();
  expect(places.take(40)).toEqual({ offset: 0, size: 40 });
  expect(places.take(1)).toBeUndefined();
  places.release();
  expect(places.take(30)).toEqual({ offset: 40, size: 30 });
  expect(places.take(31)).toBeUndefined();
});

it('begins anew when nothing is taken, and gives nothing larger than itself', () => {
  const places = new SharedPlaces(100);
  places.take(60);
  places.release();
  expect(places.take(101)).toBeUndefined();
  expect(places.take(100)).toEqual({ offset: 0, size: 100 });
  expect(new SharedPlaces(0).take(1)).toBeUndefined();
});

it('never gives a byte twice, whatever is taken and given back', () => {
  const places = new SharedPlaces(1000);
  const used: { offset: number; size: number }[] = [];
  let given = 0;
  for (let turn = 0, size = 1; turn < 5000; turn += 1, size = 1 + ((size * 37 + turn) % 400)) {
    const place = places.take(size);
    if (place === undefined) {
      places.release();
      used.shift();
      continue;
    }
    const end = place.offset + place.size;
    expect(end).toBeLessThanOrEqual(1000);
    expect(used.filter((other) => place.offset < other.offset + other.size && other.offset < end)).toEqual([]);
    used.push(place);
    given += 1;
  }
  expect(given).toBeGreaterThan(1000);
});
