import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const MODULE = new URL('../../dist/system/grow-heap.js', import.meta.url).href;

/** Prints how often all garbage is collected while a heap grows from 15 to 70 MB. */
const GROWING = `
  import { constants, PerformanceObserver } from 'node:perf_hooks';
  import { getHeapStatistics } from 'node:v8';
  let collections = 0;
  new PerformanceObserver((list) => {
    for (const { detail } of list.getEntries()) if (detail.kind === constants.NODE_PERFORMANCE_GC_MAJOR) collections += 1;
  }).observe({ type: 'gc' });
  const kept = [];
  await growTo(15e6);
  gc();
  await told();
  collections = 0;
  await growTo(70e6);
  await told();
  console.log(collections);

  async function growTo(bytes) {
    while (getHeapStatistics().used_heap_size < bytes) {
      for (let i = 0; i < 2000; i += 1) kept.push({ i, list: [i] });
      await new Promise(setImmediate);
    }
  }
  async function told() {
    for (let turn = 0; turn < 3; turn += 1) await new Promise(setImmediate);
  }
`;

it('lets the heap grow to four times its size before all of it is looked through', async () => {
  expect(await collectionsOf(GROWING)).toBeGreaterThan(0);
  expect(await collectionsOf(`import { letHeapGrow } from '${MODULE}'; letHeapGrow(); ${GROWING}`)).toBe(0);
});

async function collectionsOf(program: string): Promise<number> {
  const options = ['--expose-gc', '--input-type=module', '--eval', program];
  return Number((await promisify(execFile)(process.execPath, options)).stdout);
}
