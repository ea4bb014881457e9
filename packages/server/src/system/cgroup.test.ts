import { mkdir, writeFile } from 'node:fs/promises';
import { availableParallelism, cpus, totalmem } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../test-support/temporary-folder.ts';
import { availableCores, availableMemoryBytes, threadLimit } from './available-resources.ts';
import { readCgroupLimits } from './cgroup.ts';

const MIB = 2 ** 20;

/** Writes a file system (path → content) and reads the limits in it. */
async function limitsOf(files: Readonly<Record<string, string>>) {
  const root = await temporaryFolder();
  for (const [name, content] of Object.entries(files)) {
    const file = path.join(root, name);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, `${content}\n`);
  }
  return readCgroupLimits(root);
}

/** What version 2 looks like on a host. */
const v2 = (group: string) => ({
  'proc/self/cgroup': `0::${group}`,
  'proc/self/mountinfo': [
    '22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw',
    '35 22 0:30 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate,memory_recursiveprot',
  ].join('\n'),
});

/** What version 1 looks like, with the group that lies at the mount points. */
const v1 = (group: string, mounted: string) => ({
  'proc/self/cgroup': [`12:memory:${group}`, `4:cpu,cpuacct:${group}`, '1:name=systemd:/', '0::/'].join('\n'),
  'proc/self/mountinfo': [
    `40 33 0:36 ${mounted} /sys/fs/cgroup/memory ro,nosuid master:17 - cgroup cgroup rw,memory`,
    `41 33 0:37 ${mounted} /sys/fs/cgroup/cpu,cpuacct ro,nosuid master:18 - cgroup cgroup rw,cpu,cpuacct`,
    '42 33 0:38 / /sys/fs/cgroup/systemd ro,nosuid - cgroup cgroup rw,xattr,name=systemd',
    '43 33 0:39 / /sys/fs/cgroup/unified ro,nosuid - cgroup2 cgroup2 rw',
  ].join('\n'),
});
const V1_NO_LIMIT = '9223372036854771712';

describe('the limits of cgroups', () => {
  it('are those of a container (version 2, where the group is the root)', async () => {
    const files = { ...v2('/'), 'sys/fs/cgroup/cpu.max': '150000 100000', 'sys/fs/cgroup/memory.max': '536870912' };
    expect(await limitsOf(files)).toEqual({ processors: 1.5, memoryBytes: 512 * MIB });
  });

  it('are the narrowest of the group and those around it', async () => {
    const files = {
      ...v2('/system.slice/marserve.service'),
      'sys/fs/cgroup/system.slice/cpu.max': '200000 100000',
      'sys/fs/cgroup/system.slice/memory.max': String(300 * MIB),
      'sys/fs/cgroup/system.slice/marserve.service/cpu.max': '400000 100000',
      'sys/fs/cgroup/system.slice/marserve.service/memory.max': String(400 * MIB),
      'sys/fs/cgroup/other.slice/cpu.max': '1000 100000',
    };
    expect(await limitsOf(files)).toEqual({ processors: 2, memoryBytes: 300 * MIB });
  });

  it('count memory.high, above which a group is slowed down until it stands still', async () => {
    const group = 'sys/fs/cgroup/a';
    const files = { ...v2('/a'), [`${group}/memory.max`]: 'max', [`${group}/memory.high`]: String(100 * MIB) };
    expect(await limitsOf(files)).toMatchObject({ memoryBytes: 100 * MIB });
  });

  it('are those of version 1, with controllers that share a mount point', async () => {
    const files = {
      ...v1('/docker/abc', '/docker/abc'),
      'sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us': '50000',
      'sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us': '100000',
      'sys/fs/cgroup/memory/memory.limit_in_bytes': String(256 * MIB),
    };
    expect(await limitsOf(files)).toEqual({ processors: 0.5, memoryBytes: 256 * MIB });
  });

  it('are those of version 1 on the host, groups around included', async () => {
    const files = {
      ...v1('/kubepods/pod1/c1', '/'),
      'sys/fs/cgroup/cpu,cpuacct/kubepods/pod1/cpu.cfs_quota_us': '300000',
      'sys/fs/cgroup/cpu,cpuacct/kubepods/pod1/cpu.cfs_period_us': '100000',
      'sys/fs/cgroup/cpu,cpuacct/kubepods/pod1/c1/cpu.cfs_quota_us': '-1',
      'sys/fs/cgroup/cpu,cpuacct/kubepods/pod1/c1/cpu.cfs_period_us': '100000',
      'sys/fs/cgroup/memory/kubepods/pod1/c1/memory.limit_in_bytes': V1_NO_LIMIT,
      'sys/fs/cgroup/memory/kubepods/pod1/memory.limit_in_bytes': String(700 * MIB),
    };
    expect(await limitsOf(files)).toEqual({ processors: 3, memoryBytes: 700 * MIB });
  });

  it('are those that version 1 tells of groups which a container cannot see', async () => {
    const stat = `cache 0\nhierarchical_memory_limit ${128 * MIB}\ntotal_rss 5`;
    const files = { ...v1('/a/b', '/a/b'), 'sys/fs/cgroup/memory/memory.stat': stat };
    expect(await limitsOf(files)).toMatchObject({ memoryBytes: 128 * MIB });
  });

  it.each([
    ['is named from another namespace', '/../../elsewhere', '/'],
    ['lies beside what is mounted', '/', '/docker/abc'],
    ['has a similar name', '/docker/abcdef', '/docker/abc'],
  ])('are those at the mount point when the group %s', async (_, group, mounted) => {
    const files = { ...v1(group, mounted), 'sys/fs/cgroup/memory/memory.limit_in_bytes': String(64 * MIB) };
    expect(await limitsOf(files)).toMatchObject({ memoryBytes: 64 * MIB });
  });

  it('are found at mount points whose names hold blanks', async () => {
    const files = {
      'proc/self/cgroup': '0::/my group',
      'proc/self/mountinfo': String.raw`35 22 0:30 / /mnt/c\040groups rw - cgroup2 cgroup2 rw`,
      'mnt/c groups/my group/cpu.max': '100000 100000',
    };
    expect(await limitsOf(files)).toMatchObject({ processors: 1 });
  });

  it.each([
    ['nothing is mounted', {}],
    ['the files say so', { ...v2('/'), 'sys/fs/cgroup/cpu.max': 'max 100000', 'sys/fs/cgroup/memory.max': 'max' }],
    ['version 1 says so', { ...v1('/', '/'), 'sys/fs/cgroup/memory/memory.limit_in_bytes': V1_NO_LIMIT }],
    ['they are nonsense', { ...v2('/'), 'sys/fs/cgroup/cpu.max': 'x y z', 'sys/fs/cgroup/memory.max': '-5' }],
  ])('are none when %s', async (_, files) => {
    expect(await limitsOf(files)).toEqual({ processors: undefined, memoryBytes: undefined });
  });
});

describe('what this process may use', () => {
  it('is what the machine has when nothing limits it', () => {
    expect(availableCores({})).toBe(availableParallelism());
    expect(availableMemoryBytes({})).toBe(totalmem());
  });

  it('is at least a core, and a part of one counts as one', () => {
    expect(availableCores({ processors: 0.1 })).toBe(1);
    expect(availableCores({ processors: 1.2 })).toBe(Math.min(2, availableParallelism()));
    expect(availableCores({ processors: 1000 })).toBe(availableParallelism());
  });

  it('limits the threads of a worker only when that is less than the machine has', () => {
    expect(threadLimit({ processors: 1000 })).toBe(
      availableParallelism() < cpus().length ? availableParallelism() : undefined,
    );
    expect(threadLimit({ processors: 0.5 })).toBe(cpus().length > 1 ? 1 : undefined);
  });

  it('is found in this very system', () => {
    expect(availableCores()).toBeGreaterThanOrEqual(1);
    expect(availableMemoryBytes()).toBeGreaterThan(16 * MIB);
  });
});
