/** Which models of a server cannot do without which others, and what follows for what may be registered and unregistered. */
import { ServeError } from '../errors.ts';
import type { ModelKey } from '../model-key.ts';
import type { ModelRegistry } from './model-registry.ts';

/** A model of the same server that a version asks. */
export interface ModelNeed {
  /** Name that it is registered under. */
  readonly name: string;
  /** Undefined for whichever is the default one. */
  readonly version?: string | undefined;
  /** Whether nothing can be answered without it. */
  readonly isHard: boolean;
}

/** A version, as far as it asks others. */
export interface NeedingVersion {
  /** Its name and version. */
  readonly key: ModelKey;
  /** What it was unpacked from. */
  readonly model: { readonly needs: readonly ModelNeed[] };
}

/** How many models may ask each other for one request of a client. */
export const MOST_MODELS = 8;

interface Going {
  readonly isReplaced?: boolean;
  readonly leaving?: readonly NeedingVersion[];
}

type Versions = Pick<ModelRegistry<NeedingVersion>, 'all' | 'find'>;

/**
 * Looks at the registry as it will be, with the version in it.
 * @param version about to be registered, or registered
 * @param isDefault whether it is the default one then
 * @throws ServeError `circular_needs` with the path, for a version that would ask itself in the end, or through too many others
 */
export function assertNoCircle(registry: Versions, version: NeedingVersion, isDefault: boolean): void {
  const { key } = version;
  const meant = ({ name, version: wanted }: ModelNeed): NeedingVersion | undefined => {
    const isIt = name === key.name && (wanted === undefined ? isDefault : wanted === key.version);
    return isIt ? version : registry.find({ name, ...(wanted !== undefined && { version: wanted }) });
  };
  const all = [...registry.all().filter((each) => !isSame(each.key, key)), version];
  const asked = (by: NeedingVersion) => by.model.needs.flatMap((need) => meant(need) ?? []);
  const askedBy = (which: NeedingVersion) => all.filter((each) => asked(each).includes(which));
  const behind = longestPath(version, asked);
  if (behind.length > 1 && behind.at(-1) === version) {
    const [, first = version, ...others] = behind;
    throw circular(key, 'it would ask itself', [first, ...others, first]);
  }
  const path = [...longestPath(version, askedBy).toReversed(), ...behind.slice(1)];
  if (path.length > MOST_MODELS) throw circular(key, `more than ${MOST_MODELS} models would ask each other`, path);
}

/** Ends where it comes back to where it began, and where it is too long. */
function longestPath(
  start: NeedingVersion,
  next: (from: NeedingVersion) => readonly NeedingVersion[],
): readonly NeedingVersion[] {
  let longest: readonly NeedingVersion[] = [start];
  // One path to each that can be reached in so many steps.
  let paths = new Map([[start, longest]]);
  while (paths.size > 0 && longest.length <= MOST_MODELS) {
    const longer: typeof paths = new Map();
    for (const [last, path] of paths) {
      for (const version of next(last)) {
        if (version === start) return [...path, version];
        longer.set(version, [...path, version]);
      }
    }
    paths = longer;
    [longest = longest] = paths.values();
  }
  return longest;
}

function circular({ name, version }: ModelKey, problem: string, path: readonly NeedingVersion[]): ServeError {
  const way = path.map(({ key }) => `${key.name}/${key.version}`).join(' → ');
  return new ServeError('circular_needs', `Model "${name}" Version "${version}": ${problem}: ${way}`);
}

/**
 * @param going what is about to be unregistered
 * @param options.isReplaced whether another version is the default one then
 * @param options.leaving what goes with it, and does not count; by default nothing else does
 * @throws ServeError `model_needed` that names those which cannot do without it, and stay
 */
export function assertNotNeeded(
  registry: Versions,
  going: readonly NeedingVersion[],
  { isReplaced = false, leaving = going }: Going = {},
): void {
  const needing = registry.all().filter((each) => !leaving.includes(each) && each.model.needs.some(isGoing));
  const [first] = going;
  if (needing.length === 0 || first === undefined) return;
  const { name, version } = first.key;
  const names = needing.map(({ key }) => `${key.name}/${key.version}`).join(', ');
  const advice = `Unregister ${needing.length > 1 ? 'those' : 'that'} before, or say force=true`;
  const subject = going.length > 1 ? `Model "${name}"` : `Model "${name}" Version "${version}"`;
  throw new ServeError('model_needed', `${subject} is needed by ${names}. ${advice}.`);

  function isGoing({ name: needed, version: wanted, isHard }: ModelNeed): boolean {
    if (!isHard || (wanted === undefined && isReplaced)) return false;
    const found = registry.find({ name: needed, ...(wanted !== undefined && { version: wanted }) });
    return found !== undefined && going.includes(found);
  }
}

function isSame(one: ModelKey, other: ModelKey): boolean {
  return one.name === other.name && one.version === other.version;
}
