import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { program } from './paths.ts';
import type { Report } from './report-file.ts';

const bench = (...args: string[]) => promisify(execFile)(process.execPath, [program('main.js'), ...args]);

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'marserve-bench-test-'));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

describe('npm run bench', () => {
  it('measures a scenario, and writes its numbers and a picture of them', async () => {
    const { stdout } = await bench('--quick', '--only', 'tiny-batched', '--output', folder);
    expect(stdout).toMatch(/│ tiny-batched +│ throughput/);
    const report = JSON.parse(await readFile(path.join(folder, 'partial.json'), 'utf8')) as Report;
    const [result] = report.results;
    expect(report.machine).toMatchObject({
      node: process.version,
      onnxruntime: expect.stringMatching(/^\d/) as string,
    });
    for (const side of [result?.limit, result?.marserve]) {
      const { throughput, p50, p99 } = side?.metrics ?? {};
      expect(throughput?.samples).toHaveLength(report.timing.pairs);
      expect(throughput?.median).toBeGreaterThan(0);
      expect(p99?.median).toBeGreaterThanOrEqual(p50?.median ?? Infinity);
    }
    expect(JSON.parse(await readFile(path.join(folder, 'tiny-batched.json'), 'utf8'))).toMatchObject({ ...result });
    const svg = await readFile(path.join(folder, 'partial.svg'));
    expect(await sharp(svg).metadata()).toMatchObject({ format: 'svg', width: 960 });
  });

  it('lists the scenarios with their goals', async () => {
    const { stdout } = await bench('--list');
    expect(stdout).toMatch(/│ tiny-batched .*│ bare node:http .*│ throughput ≥ 0\.75 ×/);
  });
});
