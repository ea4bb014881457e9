/** What is known of the hosts of a predictor: which of them have the model that is expected. */
import type { PredictorHost, PredictorIdentity, PredictorReport, PredictorState } from '../context/predictor-report.ts';
import { identityText, isAnother } from './identity.ts';

/** One of them; a name may have several addresses. */
export interface HostPlace {
  /** As messages show it. */
  readonly host: string;
  /** One of several addresses of its name. */
  readonly address?: string | undefined;
}

interface KnownHost extends HostPlace {
  state: PredictorState;
  found: PredictorIdentity | undefined;
  text: string;
}

/** Told of what hosts say; knows what that means. */
export class KnownHosts {
  readonly #expected: PredictorIdentity;
  readonly #hosts = new Map<string, KnownHost>();
  readonly #onChange: (report: PredictorReport) => void;

  /** @param onChange called when anything is another than before */
  constructor(expected: PredictorIdentity, onChange: (report: PredictorReport) => void) {
    this.#expected = expected;
    this.#onChange = onChange;
  }

  /** Whether any host is known to be this. */
  have(state: PredictorState): boolean {
    return [...this.#hosts.values()].some((host) => host.state === state);
  }

  /** How things are with one. */
  stateOf(place: HostPlace): PredictorState {
    return this.#hosts.get(keyOf(place))?.state ?? 'unknown';
  }

  /** What one said last. */
  identityOf(place: HostPlace): PredictorIdentity | undefined {
    return this.#hosts.get(keyOf(place))?.found;
  }

  /** A host said which model it has. */
  found(place: HostPlace, identity: PredictorIdentity): void {
    const text = identityText(identity);
    const before = this.#hosts.get(keyOf(place));
    if (before?.text === text && before.state !== 'unknown') return;
    const state = isAnother(this.#expected, identity) ? 'wrong' : 'right';
    this.#hosts.set(keyOf(place), { ...place, state, found: identity, text });
    this.#tell(before !== undefined);
  }

  /** There was no answer: what it is when it is back, nobody knows. @param place without an address all of a name */
  lost({ host, address }: HostPlace): void {
    for (const known of this.#hosts.values()) {
      if (known.host !== host || (address !== undefined && known.address !== address)) continue;
      if (known.state === 'unknown') continue;
      known.state = 'unknown';
      this.#tell(false);
    }
  }

  /** Only these are there. */
  keep(places: readonly HostPlace[]): void {
    const there = new Set(places.map(keyOf));
    for (const key of this.#hosts.keys()) if (!there.has(key)) this.#hosts.delete(key);
  }

  /** What is wrong with a host, or with all that are; undefined for none. */
  problem(place?: HostPlace): string | undefined {
    const wrong = [...this.#hosts.entries()].filter(
      ([key, { state }]) => state === 'wrong' && (place === undefined || key === keyOf(place)),
    );
    if (wrong.length === 0) return undefined;
    const expected = identityText(this.#expected);
    if (place !== undefined) return `it is ${wrong[0]?.[1].text}, expected ${expected}`;
    const found = wrong.map(([, { host, text }]) => `at ${host} is ${text}`).join(' and ');
    return `the predictor ${found}, expected ${expected}`;
  }

  #tell(isChanged: boolean): void {
    const hosts = [...this.#hosts.values()].map(({ host, state, found }): PredictorHost => ({ host, state, found }));
    this.#onChange({ expected: this.#expected, hosts, isChanged });
  }
}

function keyOf({ host, address = '' }: HostPlace): string {
  return `${host} ${address}`;
}
