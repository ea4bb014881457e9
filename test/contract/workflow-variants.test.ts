import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { extractWorkflow, readWorkflowSpec } from '@marserve/archiver/workflow';
import { temporaryFolder } from '../../packages/archiver/src/test-support/temporary-folder.ts';
import { DOGS_WAR, PAIR_WAR } from '../../packages/archiver/src/test-support/torchserve-war.ts';
import { createRandom, type Random } from '../helpers/random.ts';

const WRONG = [null, true, -1, 0, 1.5, 1e12, '', 'a', '../a', '__proto__', [], ['a'], ['a', 'a'], [[]], {}, { a: [] }];
const SPEC = {
  models: { 'min-workers': 1, 'batch-size': 4, a: { url: 'a.mar', 'timeout-ms': 10 }, b: { url: 'b.mar' } },
  dag: { f: ['a', 'b'], a: ['b'], b: [] },
};

type Tree = Record<string, unknown>;

/** A value somewhere in the spec becomes another, is taken away, or gets a strange neighbour. */
function changed(spec: Tree, random: Random): Tree {
  const key = String(random.pick<unknown>(Object.keys(spec)));
  const inner = spec[key];
  if (typeof inner === 'object' && inner !== null && Object.keys(inner).length > 0 && random.next() < 0.7) {
    return {
      ...spec,
      [key]: Array.isArray(inner)
        ? [...(inner as unknown[]), random.pick<unknown>(WRONG)]
        : changed(inner as Tree, random),
    };
  }
  const kept = Object.fromEntries(Object.entries(spec).filter(([each]) => each !== key));
  const name = String(random.pick<unknown>(['a', 'b', 'f', 'url', 'constructor', '__proto__', 'batch_size', key]));
  return random.next() < 0.2 ? kept : { ...kept, [name]: random.pick<unknown>(WRONG) };
}

it('specs with anything in any place are read, or refused with their line', () => {
  let refused = 0;
  for (let seed = 1; seed <= 400; seed += 1) {
    const random = createRandom(seed);
    const text = JSON.stringify(changed(random.next() < 0.3 ? changed(SPEC, random) : SPEC, random), null, 1);
    try {
      const { nodes, start } = readWorkflowSpec(text, 's');
      expect([seed, nodes[0]?.name]).toEqual([seed, start]);
    } catch (error) {
      refused += 1;
      expect({ seed, error }).toMatchObject({ error: { name: 'WorkflowSpecError' } });
      expect((error as Error).message).toMatch(/^s:\d+:\d+: /);
    }
  }
  expect(refused).toBeGreaterThan(100);
});

it('archives of which bytes are others, or missing, are unpacked or refused, and nothing is written beside them', async () => {
  const folder = await temporaryFolder();
  const archive = join(folder, 'w.war');
  const destination = join(folder, 'out');
  for (let seed = 1; seed <= 150; seed += 1) {
    const random = createRandom(seed);
    const bytes = Buffer.from(seed % 2 === 0 ? DOGS_WAR : PAIR_WAR);
    for (let count = 0; count < 3; count += 1) bytes[random.integer(0, bytes.length - 1)] = random.integer(0, 255);
    await writeFile(archive, random.next() < 0.2 ? bytes.subarray(0, random.integer(0, bytes.length - 1)) : bytes);
    await mkdir(destination);
    const error: unknown = await extractWorkflow(archive, destination).then(
      () => ({ name: 'ArchiveError' }),
      (each: unknown) => each,
    );
    expect({ seed, error }).toMatchObject({ error: { name: 'ArchiveError' } });
    await rm(destination, { recursive: true });
  }
  expect(await readdir(folder)).toEqual(['w.war']);
});
