import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const MODULE = new URL('../../dist/system/grow-heap.js', import.meta.url).href;

/** Prints how large a heap of 15 MB has become, in MB, when all garbage in it has been collected once more; 300 when it was not. */
const GROWING = `
  import { constants, PerformanceObserver } from 'node:perf_hooks';
  import { getHeapStatistics } from 'node:v8';
  let collections = 0;
  new PerformanceObserver((list) => {
    for (const { detail } of list.getEntries()) if (detail.kind === constants.NODE_PERFORMANCE_GC_MAJOR) collections += 1;
  }).observe({ type: 'gc' });
  const kept = [];
  await growTo(15e6, () => false);
  gc();
  await told();
  collections = 0;
  await growTo(300e6, () => collections > 0);
  console.log(getHeapStatistics().used_heap_size / 1e6);

  async function growTo(bytes, isOver) {
    while (getHeapStatistics().used_heap_size < bytes && !isOver()) {
      for (let i = 0; i < 2000; i += 1) kept.push({ i, list: [i] });
      await new Promise(setImmediate);
    }
  }
  async function told() {
    for (let turn = 0; turn < 3; turn += 1) await new Promise(setImmediate);
  }
`;

it('lets the heap grow to four times its size before all of it is looked through', async () => {
  const grown = await sizeAfter(`import { letHeapGrow } from '${MODULE}'; letHeapGrow(); ${GROWING}`);
  expect(grown).toBeGreaterThan(60);
  expect(await sizeAfter(GROWING)).toBeLessThan(grown);
});

async function sizeAfter(program: string): Promise<number> {
  const options = ['--expose-gc', '--input-type=module', '--eval', program];
  return Number((await promisify(execFile)(process.execPath, options)).stdout);
}
