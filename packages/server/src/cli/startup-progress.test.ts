import { describe, expect, it } from 'vitest';
import type { StartupOutcome } from '../startup-models.ts';
import { StartupProgress } from './startup-progress.ts';

/** What a terminal that is 40 columns wide shows; undefined columns for a pipe. */
function createOutput(isTTY: boolean) {
  let written = '';
  const output = {
    isTTY,
    columns: 40,
    write: (text: string | Uint8Array) => {
      written += String(text);
      return true;
    },
  };
  /** Lines, after all that was cleared is gone. */
  const shown = () => written.split('\n').map((line) => line.split('\r\u001B[K').at(-1));
  return { output, shown, written: () => written };
}

const ready = (label: string): StartupOutcome => ({
  label,
  kind: 'ready',
  key: { name: 'm', version: '1.0' },
  workers: 1,
  ms: 1234,
});

describe('the progress of a start', () => {
  it('is a line a model, in the order in which they are known', () => {
    const { output, written } = createOutput(false);
    const progress = new StartupProgress(['a.mar', 'longer.mar', 'never.mar', 'known.mar'], output);
    progress.show({ label: 'longer.mar', kind: 'failed', reason: 'no labels\n  at line 3' });
    progress.show(ready('a.mar'));
    progress.show({ label: 'known.mar', kind: 'known' });
    progress.end();
    expect(written()).toBe(
      '  longer.mar  failed: no labels\n' +
        '  a.mar       ready in 1.2 s (m 1.0, 1 worker)\n' +
        '  never.mar   still starting after 0 s\n',
    );
  });

  it('ends with what is waited for, on a terminal, in no more than its width', () => {
    const { output, shown } = createOutput(true);
    const labels = ['a.mar', 'b.mar', ...Array.from({ length: 20 }, (_, index) => `model-${index}.mar`)];
    const progress = new StartupProgress(labels, output);
    progress.show(ready('a.mar'));
    expect(shown()[0]).toBe('  a.mar         ready in 1.2 s (m 1.0, 1 worker)');
    expect(shown()[1]).toMatch(/^ {2}loading b\.mar, model-0\.mar.*… … 0 s$/);
    expect(shown()[1]?.length).toBeLessThan(40);
    for (const label of labels.slice(1)) progress.show(ready(label));
    progress.end();
    expect(shown().at(-1)).toBe('');
  });
});
