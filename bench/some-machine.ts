/** A machine that tests of reports tell of; its name has what must be escaped. */
import type { Machine } from './machine.ts';

export const SOME_MACHINE: Machine = {
  cpu: 'Some <CPU> & more',
  cores: 2,
  memory: 8,
  os: 'Linux 6',
  node: 'v20.0.0',
  onnxruntime: '1.30.0',
  revision: 'abc1234',
  busyShare: 0,
  date: '2026-01-02T03:04:05.678Z',
};
