import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { SOME_MACHINE } from '../some-machine.ts';
import { drawPeers } from './draw-peers.ts';
import { summarizeTurns, type PeerReport } from './report.ts';
import { renderMarkdown, renderPeers } from './table.ts';
import { FULL_PEERS } from './timing.ts';
import type { Turn } from './turn.ts';

const turn = (throughput: number): Turn => ({
  server: { time: 1500, memory: 120 },
  models: {
    tiny: {
      busy: { throughput, p50: 1, p90: 2, p99: 3, processorTime: 77 },
      lone: { throughput: 10, p50: 0.4, p90: 0.5, p99: 0.6, processorTime: 88 },
    },
  },
});

const REPORT: PeerReport = {
  machine: SOME_MACHINE,
  timing: FULL_PEERS,
  models: [
    { name: 'tiny', bodyBytes: 81 },
    { name: 'cnn', bodyBytes: 80_986 },
  ],
  rows: [
    {
      label: 'marserve, default',
      settings: 'one worker a model',
      versions: { Node: '20.0.0' },
      ...summarizeTurns([turn(3000), turn(1000), turn(2000)], ['tiny']),
    },
  ],
  leftOut: [{ name: 'mosec', reason: 'there is no <python3>\nat all', isFailure: false }],
};

describe('summarizeTurns', () => {
  it('takes the medians of the turns, with their spread', () => {
    const { server, models } = summarizeTurns([turn(3000), turn(1000), turn(2000)], ['tiny']);
    expect(models.tiny?.busy.throughput).toMatchObject({ median: 2000, min: 1000, max: 3000 });
    expect(models.tiny?.lone.p50?.median).toBe(0.4);
    expect(server).toMatchObject({ time: { median: 1500 }, memory: { median: 120 } });
  });
});

describe('the report of the peers', () => {
  it('is a table for each model and one for the servers, with what was left out, and why', () => {
    const shown = renderPeers(REPORT);
    expect(shown).toMatch(/│ marserve, default │ 2000 +│ 1 +│ 3 +│ 77 +│ 0\.4 +│ 0\.6 +│ 88 +│/);
    expect(shown).toMatch(/│ marserve, default │ 120 +│ 1\.5 +│/);
    expect(shown).toMatch(/81 bytes.*81 KB/s);
    expect(shown).toContain('Left out: mosec: there is no <python3>\nat all');
  });

  it('has a dash where a model was not measured', () => {
    expect(renderPeers(REPORT)).toMatch(/│ marserve, default │ – +│ – +│/);
  });

  it('is Markdown with settings and versions', () => {
    const lines = renderMarkdown(REPORT).split('\n');
    expect(lines).toContain('| marserve, default | 2000 | 1 | 3 | 77 | 0.4 | 0.6 | 88 |');
    expect(lines).toContain('| marserve, default | one worker a model | Node 20.0.0 |');
    expect(lines).toContain('- Left out: mosec: there is no <python3>');
  });

  it('is a picture that programs can open', async () => {
    const svg = drawPeers(REPORT);
    expect(svg).not.toContain('NaN');
    expect(svg).toContain('left out: mosec: there is no &lt;python3&gt;');
    expect(svg).toContain('tiny: 81 bytes of JSON');
    expect(await sharp(Buffer.from(svg)).metadata()).toMatchObject({ format: 'svg', width: 960 });
  });
});
