import { describe, expect, it } from 'vitest';
import { workerEnv } from './worker-env.ts';

const NEEDED = [
  'PATH',
  'HOME',
  'LANG',
  'LC_ALL',
  'TZ',
  'TMPDIR',
  'NODE_OPTIONS',
  'NODE_EXTRA_CA_CERTS',
  'NODE_TLS_REJECT_UNAUTHORIZED',
  'ORT_LOG',
  'OMP_NUM_THREADS',
  'CUDA_PATH',
];
const SECRET = [
  'AWS_SECRET_ACCESS_KEY',
  'GITHUB_TOKEN',
  'NODE_AUTH_TOKEN',
  'NODE_PRE_GYP_GITHUB_TOKEN',
  'NVIDIA_API_KEY',
  'CUDA_LICENSE_KEY',
  'UV_PUBLISH_PASSWORD',
  'UV_INDEX_INTERNAL_PASSWORD',
  'XDG_SECRET',
  'LC_PASSPHRASE',
  'PATH_TOKEN',
  'DATABASE_URL',
  'https_proxy',
  'TS_X',
];

const env = Object.fromEntries([...NEEDED, ...SECRET].map((name) => [name, name]));
const namesOf = (options: Parameters<typeof workerEnv>[1]) => Object.keys(workerEnv(env, options)).sort();

describe('workerEnv', () => {
  it('has what programs and libraries need, and nothing else', () => {
    expect(namesOf({})).toEqual(NEEDED.toSorted());
  });

  it('has what the configuration adds', () => {
    expect(namesOf({ passedEnv: /^(AWS_.*|DATABASE_URL)$/ })).toEqual(
      [...NEEDED, 'AWS_SECRET_ACCESS_KEY', 'DATABASE_URL'].sort(),
    );
  });

  it('has a credential that the configuration names', () => {
    expect(namesOf({ passedEnv: /^NVIDIA_API_KEY$/ })).toEqual([...NEEDED, 'NVIDIA_API_KEY'].sort());
  });

  it('has nothing of what is hidden, whatever allows it', () => {
    expect(namesOf({ passedEnv: /AWS/, hiddenEnv: /AWS|HOME|CUDA/ })).toEqual(
      NEEDED.filter((name) => !['HOME', 'CUDA_PATH'].includes(name)).sort(),
    );
  });
});
