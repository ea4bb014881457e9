import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../../test-support/temporary-folder.ts';
import { BOARD_BYTES, BoardReader } from './board-reader.ts';

it('shows who computes elsewhere, until it is closed or was never there', async () => {
  const file = path.join(await temporaryFolder(), 'board');
  await writeFile(file, new Uint8Array(BOARD_BYTES).fill(7));
  const reader = new BoardReader(file);
  await rm(file);
  const gone = new BoardReader(file);
  expect([reader.isElsewhere(3, 1), reader.isElsewhere(3, 7), gone.isElsewhere(3, 1)]).toEqual([true, false, false]);
  expect([...reader.readTo(1).subarray(0, 2), gone.readTo(1)[1]]).toEqual([7, 7, 0]);
  reader.close();
  reader.close();
  gone.close();
  expect([reader.isElsewhere(3, 1), reader.readTo(1)[1]]).toEqual([false, 0]);
});
