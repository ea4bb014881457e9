import { expect, it } from 'vitest';
import { InflightBytes } from './inflight-bytes.ts';

const [graph, other] = [
  { name: 'g', version: '1' },
  { name: 'h', version: '1' },
];

it('bounds the questions of one version, and lets further ones in when some are answered', () => {
  const bytes = new InflightBytes(({ name }) => (name === 'g' ? { bytes: 10, ofOne: 10 } : undefined));
  const done = bytes.add(graph, 6);
  bytes.add(graph, 4);
  bytes.add(other, 1000);
  expect(() => bytes.add(graph, 1)).toThrow(
    'Model "g" Version "1" is busy: its questions to other models would have 11 bytes at a time, more than maxInflightBytes allows (10)',
  );
  done();
  bytes.add(graph, 6);
  expect(() => bytes.add(graph, 1)).toThrow(expect.objectContaining({ code: 'overloaded' }));
});

it('lets one in alone that is more than the share of a front end, and no more than all', () => {
  const bytes = new InflightBytes(() => ({ bytes: 5, ofOne: 10 }));
  bytes.add(graph, 10)();
  expect(() => bytes.add(graph, 11)).toThrow('(10)');
  bytes.add(graph, 3);
  expect(() => bytes.add(graph, 3)).toThrow('6 bytes');
  const unbounded = new InflightBytes(() => ({ bytes: 0, ofOne: 0 }));
  unbounded.add(graph, 1e9);
});
