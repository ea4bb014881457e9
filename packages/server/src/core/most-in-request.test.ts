import { expect, it } from 'vitest';
import { mostInRequest, type AskedVersion } from './most-in-request.ts';

type Runner = AskedVersion['runners'][number];

const SURE: Runner = { mergesJobs: true, rows: { merged: 'proven' } };
const most = (runners: readonly Runner[], batchSize = 32, maxInflight = 0) =>
  mostInRequest({ runners, settings: { maxInflight }, dispatcher: { batchSize } });

it('is as many as a batch may have, where all workers keep rows apart by themselves', () => {
  expect([most([SURE]), most([SURE, { mergesJobs: true, rows: { merged: 'asked' } }], 8)]).toEqual([32, 8]);
  expect([most([SURE], 1), most([SURE], 32, 5)]).toEqual([1, 5]);
});

it.each<[string, Runner[]]>([
  ['there is no worker that could tell', []],
  ['a worker has told nothing yet', [SURE, { mergesJobs: true, rows: undefined }]],
  ['a handler of somebody else merges them', [{ mergesJobs: false, rows: { merged: 'proven' } }]],
  ['it is still tried', [{ mergesJobs: true, rows: { merged: 'tried' } }]],
  ['they are run one by one', [SURE, { mergesJobs: true, rows: { apart: 'DynamicQuantizeLinear' } }]],
])('is one where %s', (_, runners) => {
  expect(most(runners)).toBe(1);
});
