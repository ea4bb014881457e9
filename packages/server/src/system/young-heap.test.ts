import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const MODULE = new URL('../../dist/system/young-heap.js', import.meta.url).href;

/** Prints the size of the young heap, in MB, after 60 MB of objects of which the last 8 MB are in use; `look` is called for each of them. */
const ALLOCATING = `
  import { getHeapSpaceStatistics } from 'node:v8';
  const kept = [];
  for (let megabyte = 0; megabyte < 60; megabyte += 1) {
    kept[megabyte % 8] = Array.from({ length: 2 ** 14 }, (_, i) => ({ i, list: [i] }));
    look();
  }
  const { space_size: bytes } = getHeapSpaceStatistics().find((space) => space.space_name === 'new_space');
  console.log(bytes / 2 ** 20);
`;

/** As though a second were over. */
const LOOKING = `
  let look;
  globalThis.setInterval = (callback) => ((look = callback), { unref() {} });
  const { boundYoungHeap } = await import('${MODULE}');
  boundYoungHeap();
`;

it('is stopped at 16 MB', async () => {
  const [bounded, unbounded] = await Promise.all([sizeAfter(LOOKING), sizeAfter('const look = () => {};')]);
  expect(bounded).toBeLessThan(20);
  expect(unbounded).toBeGreaterThan(20);
});

async function sizeAfter(program: string): Promise<number> {
  const options = ['--input-type=module', '--eval', `${program}${ALLOCATING}`];
  return Number((await promisify(execFile)(process.execPath, options)).stdout);
}
