import { expect, it } from 'vitest';
import { LeavingCaller } from './leaving-caller.ts';

it('goes once, and tells whoever listened last', () => {
  const caller = new LeavingCaller();
  const heard: string[] = [];
  caller.onGone(() => heard.push('first'));
  caller.onGone(() => heard.push('last'));
  expect(caller.isGone).toBe(false);
  caller.leave();
  caller.leave();
  expect([caller.isGone, heard]).toEqual([true, ['last']]);
});

it('may go without anybody listening', () => {
  const caller = new LeavingCaller();
  caller.leave();
  expect(caller.isGone).toBe(true);
});
