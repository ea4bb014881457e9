/** Where the time of a process went, in a few lines: the functions with the most time of their own. */
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';

/** The part of a `.cpuprofile` that is read here. */
export interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
  }[];
  /** Ids of nodes. */
  readonly samples: readonly number[];
  /** Microseconds before each sample. */
  readonly timeDeltas: readonly number[];
}

const LINES = 12;
const IDLE = '(idle)';
/** Who worked less, in seconds, was not what was measured. */
const WORTH_SHOWING = 1;

/** One block of text for each process that had something to do. */
export async function digestProfiles(folder: string): Promise<string> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.cpuprofile')).toSorted();
  const blocks: string[] = [];
  for (const name of names) {
    const profile = JSON.parse(await readFile(path.join(folder, name), 'utf8')) as CpuProfile;
    const { seconds, shares } = summarizeProfile(profile);
    if (seconds < WORTH_SHOWING) continue;
    const lines = shares
      .slice(0, LINES)
      .map(({ place, share }) => `  ${(100 * share).toFixed(1).padStart(5)} %  ${place}`);
    blocks.push([`${name}: busy for ${seconds.toFixed(1)} s`, ...lines].join('\n'));
  }
  return blocks.join('\n\n');
}

export interface ProfileSummary {
  /** In which the process was not idle. */
  readonly seconds: number;
  /** Of these, by function; the largest first. */
  readonly shares: readonly { readonly place: string; readonly share: number }[];
}

export function summarizeProfile({ nodes, samples, timeDeltas }: CpuProfile): ProfileSummary {
  const places = new Map(nodes.map(({ id, callFrame }) => [id, placeOf(callFrame)]));
  const times = new Map<string, number>();
  samples.forEach((id, index) => {
    const place = places.get(id) ?? IDLE;
    times.set(place, (times.get(place) ?? 0) + (timeDeltas[index] ?? 0));
  });
  times.delete(IDLE);
  const total = [...times.values()].reduce((sum, time) => sum + time, 0);
  const order = [...times].sort(([, left], [, right]) => right - left);
  return { seconds: total / 1e6, shares: order.map(([place, time]) => ({ place, share: time / total })) };
}

/** E.g. `parse frame.js:12`; what has no file is Node's own, and in parentheses the engine's. */
function placeOf({ functionName, url, lineNumber }: CpuProfile['nodes'][number]['callFrame']): string {
  const file = url.split('/').slice(-2).join('/');
  const name = functionName === '' ? '(anonymous)' : functionName;
  return file === '' ? name : `${name} ${file}:${lineNumber + 1}`;
}
