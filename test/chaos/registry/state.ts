/** What a registry should hold after changes, worked out without the server. */
import type { Random } from '../../helpers/random.ts';

export interface RegisteredVersion {
  readonly name: string;
  readonly version: string;
  /** What it was registered from. */
  readonly url: string;
  readonly isDefault: boolean;
  readonly batchSize: number;
  readonly workers: number;
}

/** Ordered by name and version. */
export type RegistryState = readonly RegisteredVersion[];

type Key = Pick<RegisteredVersion, 'name' | 'version'>;

/** Something that the management API is asked to do. */
export type Change =
  | ({ readonly kind: 'register' } & Omit<RegisteredVersion, 'isDefault'>)
  | ({ readonly kind: 'scale'; readonly workers: number } & Key)
  | ({ readonly kind: 'set default' } & Key)
  | ({ readonly kind: 'unregister' } & Key);

/** More versions than these make every start slower and show nothing new. */
const MOST_VERSIONS = 4;
const LARGEST_BATCH = 16;

export function apply(state: RegistryState, change: Change): RegistryState {
  const isMeant = ({ name, version }: Key) => name === change.name && version === change.version;
  switch (change.kind) {
    case 'register': {
      const { name, version, url, batchSize, workers } = change;
      const isDefault = !state.some((each) => each.name === name);
      return ordered([...state, { name, version, url, isDefault, batchSize, workers }]);
    }
    case 'scale':
      return state.map((each) => (isMeant(each) ? { ...each, workers: change.workers } : each));
    case 'set default':
      return state.map((each) => (each.name === change.name ? { ...each, isDefault: isMeant(each) } : each));
    case 'unregister':
      return state.filter((each) => !isMeant(each));
  }
}

export function ordered(state: RegistryState): RegistryState {
  const key = ({ name, version }: Key) => `${name} ${version}`;
  return [...state].sort((one, other) => (key(one) < key(other) ? -1 : 1));
}

/** One of the keys that are free; `urls` are where it can be had. */
export function chooseRegistration(
  state: RegistryState,
  random: Random,
  offers: readonly (Key & { readonly urls: readonly string[] })[],
): Change {
  const free = offers.filter(
    (offer) => !state.some(({ name, version }) => name === offer.name && version === offer.version),
  );
  const { name, version, urls } = random.pick(free);
  const [batchSize, workers] = [random.integer(1, LARGEST_BATCH), random.integer(0, 1)];
  return { kind: 'register', name, version, url: random.pick(urls), batchSize, workers };
}

/** Makes room when there are many versions, and changes something now and then. */
export function chooseHousekeeping(state: RegistryState, random: Random): Change | undefined {
  if (state.length === 0) return undefined;
  const { name, version, workers } = random.pick(state);
  if (state.length >= MOST_VERSIONS || random.next() < 0.1)
    return { kind: 'unregister', ...random.pick(removable(state)) };
  if (random.next() < 0.3) return { kind: 'set default', name, version };
  return random.next() < 0.3 ? { kind: 'scale', name, version, workers: 1 - Math.min(1, workers) } : undefined;
}

/** Those that are not the default one of a model with others. */
function removable(state: RegistryState): Key[] {
  return state
    .filter(({ name, isDefault }) => !isDefault || state.filter((each) => each.name === name).length === 1)
    .map(({ name, version }) => ({ name, version }));
}
