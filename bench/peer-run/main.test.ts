import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { program } from '../paths.ts';
import type { PeerReport } from './report.ts';

interface Failed {
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number;
}

const run = promisify(execFile);
const bench = (...args: string[]) => run(process.execPath, [program('main.js'), ...args]);
const hasPython = () =>
  run('python3', ['-c', 'import ensurepip, venv']).then(
    () => true,
    () => false,
  );

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'marserve-peers-test-'));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

describe('npm run bench -- --peers', () => {
  it('measures marserve beside its peers, and says who was left out, and why', { timeout: 600_000 }, async () => {
    const peers = (await hasPython()) ? 'onnxruntime-server,fastapi' : 'onnxruntime-server';
    const { stdout, stderr, code } = (await bench(
      '--peers',
      peers,
      '--quick',
      '--only',
      'tiny',
      '--output',
      folder,
    ).catch((error: unknown) => error)) as Failed;
    expect(stdout).toContain('onnxruntime-server is left out: no binary was given: --onnxruntime-server PATH');
    expect(stderr).toBe('bench: not measured:\n  onnxruntime-server: no binary was given: --onnxruntime-server PATH\n');
    expect(code).toBe(1);
    const report = JSON.parse(await readFile(path.join(folder, 'peers-partial.json'), 'utf8')) as PeerReport;
    const own = ['bare node:http (limit)', 'marserve, batches ≤ 32', 'marserve, default', 'marserve, one by one'];
    expect(report.rows.map(({ label }) => label)).toEqual(
      peers.includes('fastapi') ? [...own, 'FastAPI + orjson'] : own,
    );
    for (const { server, models } of report.rows) {
      expect(server.time?.median).toBeGreaterThan(0);
      expect(server.memory?.median).toBeGreaterThan(10);
      for (const load of [models.tiny?.busy, models.tiny?.lone]) {
        expect(load?.throughput?.median).toBeGreaterThan(0);
        expect(load?.processorTime?.median).toBeGreaterThan(0);
      }
    }
  });

  it('refuses a peer that there is not, and names those that there are', async () => {
    await expect(bench('--peers', 'mosek')).rejects.toThrow(
      /no peer mosek; there are mosec, onnxruntime-server, fastapi/,
    );
  });
});
