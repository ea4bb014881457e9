import { existsSync } from 'node:fs';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { provideEnvironment } from './virtual-environment.ts';

/** A Python that makes environments with itself in them, and notes what it is told to install. */
const PYTHON = `#!/bin/sh
case "$2" in
venv) mkdir -p "$3/bin" && cp "$0" "$3/bin/python" ;;
pip)
  case "$*" in
  *broken*) echo "Looking in indexes" && echo "ERROR: No matching distribution found for broken" >&2 && exit 1 ;;
  *install*) echo "$*" >> "$NOTES" ;;
  esac ;;
*) echo '{"Python":"3.11.2","mosec":"0.9.8"}' ;;
esac
`;

let folder: string;
let notes: string;
const steps: string[] = [];
const { signal } = new AbortController();
const provide = (...requirements: string[]) =>
  provideEnvironment({ folder: path.join(folder, 'env'), requirements, onStep: (step) => steps.push(step), signal });

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'marserve-venv-'));
  notes = path.join(folder, 'notes');
  steps.length = 0;
  await writeFile(path.join(folder, 'python3'), PYTHON);
  await chmod(path.join(folder, 'python3'), 0o755);
  vi.stubEnv('PATH', `${folder}:/bin:/usr/bin`);
  vi.stubEnv('NOTES', notes);
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true, force: true });
});

describe('provideEnvironment', () => {
  it('installs once, and says so and with which versions', async () => {
    const first = await provide('mosec==0.9.8');
    expect(first.versions).toEqual({ Python: '3.11.2', mosec: '0.9.8' });
    expect(first.program('mosec')).toBe(path.join(folder, 'env/bin/mosec'));
    await provide('mosec==0.9.8');
    expect(steps).toEqual(['installing mosec==0.9.8']);
  });

  it('installs anew when something else is wanted, or the environment has become unusable', async () => {
    await provide('mosec==0.9.8');
    await provide('mosec==0.9.7');
    await rm(path.join(folder, 'env/bin/python'));
    await provide('mosec==0.9.7');
    expect(steps).toEqual(['installing mosec==0.9.8', 'installing mosec==0.9.7', 'installing mosec==0.9.7']);
  });

  it('says why pip could not, and tries again the next time', async () => {
    await expect(provide('broken')).rejects.toThrow('ERROR: No matching distribution found for broken');
    expect(existsSync(path.join(folder, 'env/installed.sha256'))).toBe(false);
    await expect(provide('broken')).rejects.toThrow('ERROR');
    expect(steps).toHaveLength(2);
  });

  it('says when there is no Python', async () => {
    vi.stubEnv('PATH', path.join(folder, 'nowhere'));
    await expect(provide('mosec==0.9.8')).rejects.toThrow('there is no python3');
  });
});
