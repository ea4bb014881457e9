/** The limits of this process's control groups, versions 1 and 2: a group's, and those of all groups around it (cgroups(7)). */
import { readFileSync } from 'node:fs';
import path from 'node:path';

/** What the groups allow; a field is undefined where they set no bound. */
export interface CgroupLimits {
  /** Processors, as a share of time: 1.5 are a processor and a half. */
  readonly processors?: number;
  /** Memory of all processes of the group, in bytes. */
  readonly memoryBytes?: number;
}

/**
 * Reads the narrowest limits; what cannot be read counts as no limit.
 * @param root folder in which `proc/self` lies, and the mount points that it names; the file system's by default
 */
export function readCgroupLimits(root = '/'): CgroupLimits {
  const read = (...parts: string[]) => readText(path.join(root, ...parts));
  const mounts = parseMounts(read('proc/self/mountinfo'));
  const memberships = parseMemberships(read('proc/self/cgroup'));
  const folders = memberships.flatMap((membership) => groupFolders(membership, mounts));
  const allOf = (limits: (readFile: (name: string) => string) => (number | undefined)[]) =>
    least(folders.flatMap((folder) => limits((name) => read(folder, name))));
  return { processors: allOf(processorLimits), memoryBytes: allOf(memoryLimits) };
}

/** A group that the process is in: one for each version-1 controller, and one of version 2. */
interface Membership {
  /** Empty for version 2. */
  readonly controllers: readonly string[];
  /** The group's path in its hierarchy. */
  readonly group: string;
}

/** Lines such as `4:cpu,cpuacct:/docker/abc`, and `0::/user.slice`. */
function parseMemberships(text: string): Membership[] {
  return [...text.matchAll(/^\d+:([^:]*):(.*)$/gm)].map(([, controllers = '', group = '']) => ({
    controllers: controllers.split(',').filter((name) => name !== ''),
    group,
  }));
}

/** Where a hierarchy, or a part of it, is mounted. */
interface Mount {
  readonly type: string;
  /** The group that lies at the mount point. */
  readonly group: string;
  readonly mountPoint: string;
  /** The controllers of version 1 are among them. */
  readonly options: readonly string[];
}

/** Lines such as `31 23 0:29 /docker/abc /sys/fs/cgroup/cpu rw shared:5 - cgroup cgroup rw,cpu` (proc_pid_mountinfo(5)). */
function parseMounts(text: string): Mount[] {
  return text.split('\n').flatMap((line) => {
    const [mount = '', fileSystem = ''] = line.split(' - ');
    const [, , , group = '', mountPoint = ''] = mount.split(' ').map(unescaped);
    const [type = '', , options = ''] = fileSystem.split(' ');
    return type.startsWith('cgroup') ? [{ type, group, mountPoint, options: options.split(',') }] : [];
  });
}

/** The kernel writes blanks and the like as `\040`. */
function unescaped(field: string): string {
  return field.replaceAll(/\\([0-7]{3})/g, (_, code: string) => String.fromCharCode(parseInt(code, 8)));
}

/** The folders of a group and of those around it, as far as they are mounted. */
function groupFolders({ controllers, group }: Membership, mounts: readonly Mount[]): string[] {
  const fitting = mounts.filter(({ type, options }) =>
    controllers.length === 0 ? type === 'cgroup2' : controllers.some((name) => options.includes(name)),
  );
  return fitting.flatMap((mount) => {
    // In a container the group may lie beside what is mounted, or above it ("/.."): the mount point is then the nearest.
    const below = path.posix.relative(mount.group, group);
    const names = below === '' || below.startsWith('..') ? [] : below.split('/');
    return [mount.mountPoint, ...names.map((_, at) => path.join(mount.mountPoint, ...names.slice(0, at + 1)))];
  });
}

type FileReader = (name: string) => string;

function processorLimits(read: FileReader): (number | undefined)[] {
  const [quota = '', period = ''] = read('cpu.max').split(' ');
  return [
    quotient(amount(quota), amount(period)),
    quotient(amount(read('cpu.cfs_quota_us')), amount(read('cpu.cfs_period_us'))),
  ];
}

function memoryLimits(read: FileReader): (number | undefined)[] {
  const ofParents = /^hierarchical_memory_limit (\d+)$/m.exec(read('memory.stat'))?.[1];
  const limits = [read('memory.max'), read('memory.high'), read('memory.limit_in_bytes'), ofParents ?? ''].map(amount);
  return limits.map((limit) => (limit !== undefined && limit < V1_UNLIMITED ? limit : undefined));
}

/** Version 1 says "no limit" as the largest number of whole pages, whose size differs: 2^63 less 4 or 64 KB. */
const V1_UNLIMITED = 2 ** 62;

/** Undefined for `max`, `-1`, 0 and what is no number. */
function amount(text: string): number | undefined {
  const number = /^\d+$/.test(text.trim()) ? Number(text) : 0;
  return number > 0 ? number : undefined;
}

function quotient(quota: number | undefined, period: number | undefined): number | undefined {
  return quota === undefined || period === undefined ? undefined : quota / period;
}

function least(values: readonly (number | undefined)[]): number | undefined {
  const known = values.filter((value) => value !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}

/** Empty for a file that is not there. */
function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8').trimEnd();
  } catch {
    return '';
  }
}
