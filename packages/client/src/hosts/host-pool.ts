/** The hosts of a client, used in turn; names are looked up now and then, since their addresses may move. */
import { chooseHost, pauseAfter, type HostState } from './choose-host.ts';
import { hostKey, type Host } from './host.ts';

/** The addresses that a name has; undefined where they cannot be found, or the platform does that by itself. */
export type ResolveName = (hostname: string) => Promise<readonly string[] | undefined>;

/** What a pool works with. */
export interface HostPoolOptions {
  /** Looks names up. */
  readonly resolve: ResolveName;
  /** Told of an address that its name no longer has. */
  readonly onLeft?: (host: Host) => void;
  /** Milliseconds; `Date.now` by default. */
  readonly now?: () => number;
}

interface Entry extends HostState {
  readonly host: Host;
}

const REFRESH_MS = 30_000;
const REFRESH_AFTER_FAILURE_MS = 1000;

/** Each host in turn; one that fails is left out for a while. */
export class HostPool {
  readonly #urls: readonly string[];
  readonly #options: HostPoolOptions;
  #entries: readonly Entry[] = [];
  #turn = 0;
  #lookedUpAt = -Infinity;
  #lookingUp: Promise<void> | undefined;
  #hasFailed = false;

  /** @param urls as `parseHosts` gives them */
  constructor(urls: readonly string[], options: HostPoolOptions) {
    this.#urls = urls;
    this.#options = options;
  }

  /** The next host. @param tried those that are not wanted, as long as there are others */
  async next(tried: ReadonlySet<Host>): Promise<Host> {
    await this.#lookUpIfDue();
    const fresh = this.#entries.filter(({ host }) => !tried.has(host));
    const choice = fresh.length > 0 ? fresh : this.#entries;
    const entry = choice[chooseHost(choice, this.#turn, this.#now())] as Entry;
    this.#turn = (this.#entries.indexOf(entry) + 1) % this.#entries.length;
    return entry.host;
  }

  /** Those that there are now, left out or not. */
  async all(): Promise<readonly Host[]> {
    await this.#lookUpIfDue();
    return this.#entries.map(({ host }) => host);
  }

  /** Whether there are hosts beside these, which failed: where there are none, names may have moved. */
  async hasOthers(tried: ReadonlySet<Host>): Promise<boolean> {
    const isFresh = ({ host }: Entry) => !tried.has(host);
    if (this.#entries.some(isFresh)) return true;
    await this.#lookUpIfDue();
    return this.#entries.some(isFresh);
  }

  /** It answered, whatever it was. */
  worked(host: Host): void {
    const entry = this.#find(host);
    if (entry !== undefined) Object.assign(entry, { failures: 0, outUntil: 0 });
  }

  /** No connection: it is left out for a while. */
  failed(host: Host): void {
    const entry = this.#find(host);
    this.#hasFailed = true;
    if (entry === undefined) return;
    entry.failures += 1;
    entry.outUntil = this.#now() + pauseAfter(entry.failures);
  }

  #find(host: Host): Entry | undefined {
    return this.#entries.find((entry) => entry.host === host);
  }

  #now(): number {
    return (this.#options.now ?? Date.now)();
  }

  /** Requests wait for it when there is no host yet, or none that works. */
  async #lookUpIfDue(): Promise<void> {
    const age = this.#now() - this.#lookedUpAt;
    if (age >= (this.#hasFailed ? REFRESH_AFTER_FAILURE_MS : REFRESH_MS)) {
      // It never rejects.
      this.#lookingUp ??= this.#lookUp();
    }
    const isUsable = this.#entries.some(({ outUntil }) => outUntil <= this.#now());
    if (!isUsable) await this.#lookingUp;
  }

  async #lookUp(): Promise<void> {
    const found = await Promise.all(this.#urls.map((url) => this.#hostsOf(url)));
    this.#hasFailed = false;
    this.#lookedUpAt = this.#now();
    this.#lookingUp = undefined;
    this.#replace(found.flat());
  }

  /** Those of before when the name cannot be looked up. */
  async #hostsOf(url: string): Promise<readonly Host[]> {
    const addresses = await this.#options.resolve(new URL(url).hostname).catch(() => undefined);
    if (addresses !== undefined && addresses.length > 0) return addresses.map((address) => ({ url, address }));
    const former = this.#entries.filter(({ host }) => host.url === url).map(({ host }) => host);
    return former.length > 0 ? former : [{ url }];
  }

  /** What is known of a host stays. */
  #replace(hosts: readonly Host[]): void {
    const former = new Map(this.#entries.map((entry) => [hostKey(entry.host), entry]));
    this.#entries = hosts.map((host) => former.get(hostKey(host)) ?? { host, failures: 0, outUntil: 0 });
    for (const { host } of this.#entries) former.delete(hostKey(host));
    for (const { host } of former.values()) this.#options.onLeft?.(host);
  }
}
