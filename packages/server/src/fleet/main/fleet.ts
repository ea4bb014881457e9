/** The front ends of a server, as its main process keeps them: alive, and all of the same mind. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { ServerConfig } from '../../config/schema.ts';
import type { LogKinds, Logger } from '../../core/logger.ts';
import type { ModelRegistry } from '../../core/registry/model-registry.ts';
import type { RegisteredVersion } from '../../core/registry/registered-version.ts';
import type { TokenKeySet } from '../../interceptors/token-keys.ts';
import type { WorkerSeat, SeatedWorker } from '../../worker/host/worker-seat.ts';
import { FrontEndError } from '../front-end-error.ts';
import type { FrontEndAddresses, FrontEndCounts, FrontEndMessage, RegistryState, VersionDemand } from '../messages.ts';
import { receivedError, sentError } from '../sent-error.ts';
import { FrontEndProcess } from './front-end-process.ts';
import { registryState } from './registry-state.ts';
import { Restarts } from './restarts.ts';
import { runCall, runRequest, type CallTargets } from './run-call.ts';
import { WorkerSeats } from './worker-seats.ts';

/** What front ends are started with, and who hears of them. */
export interface FleetOptions {
  /** How many. */
  readonly count: number;
  /** The server's own. */
  readonly config: ServerConfig;
  /** What they are told of. */
  readonly registry: ModelRegistry;
  /** Folder of the workers' sockets, which is nobody else's. */
  readonly folder: string;
  /** Told of their starts and ends. */
  readonly logger: Logger;
  /** Their part of the log. */
  readonly log: FleetLog;
  /** The keys of calls at this moment; undefined where none are needed. */
  readonly keys: () => TokenKeySet | undefined;
  /** What their calls may ask of this process. */
  readonly targets: CallTargets;
  /** Takes over what they have counted; those that are gone count no more. */
  readonly onCounts: (counts: readonly FrontEndCounts[]) => void;
}

/** The log as front ends share it. */
export interface FleetLog {
  /** Takes whole lines. */
  readonly write: (lines: string) => void;
  /** Whether lines are for people. */
  readonly isPretty: boolean;
  /** What is logged now. */
  readonly kinds: () => LogKinds;
}

/** How long a front end that stands still may keep others waiting. */
const PATIENCE_MS = 5000;
/** How long one may take to end after its time is over. */
const END_GRACE_MS = 3000;

/** All of a server's. */
export class Fleet {
  readonly #options: FleetOptions;
  readonly #seats: WorkerSeats;
  readonly #processes = new Map<number, FrontEndProcess>();
  readonly #watched = new Map<RegisteredVersion, () => void>();
  readonly #listeners = new Set<() => void>();
  readonly #restarts = new Restarts();
  #state: RegistryState = { versions: [], missing: [] };
  #revision = 0;
  #isDirty = false;
  #isStopping = false;
  #onStart: { listening(number: number, addresses: FrontEndAddresses): void; failed(error: Error): void } | undefined;

  constructor(options: FleetOptions) {
    this.#options = options;
    this.#seats = new WorkerSeats({
      folder: options.folder,
      onChange: () => this.#publishSoon(),
      onGone: (seat, error) => this.#tell({ kind: 'workerGone', seat, error: sentError(error) }),
      whenReleased: (seat) => this.#whenReleased(seat),
    });
    options.registry.watch(() => this.#publishSoon());
  }

  /** Makes a seat for a worker that is about to be started. @throws Error what the file system says */
  seat(worker: SeatedWorker): WorkerSeat {
    return this.#seats.seat(worker);
  }

  /** Resolves when all of them listen. @throws FrontEndError when one cannot */
  async start(): Promise<FrontEndAddresses> {
    this.#publish();
    const listening = new Set<number>();
    try {
      return await new Promise<FrontEndAddresses>((resolve, reject) => {
        this.#onStart = {
          listening: (number, addresses) => {
            listening.add(number);
            if (listening.size === this.#options.count) resolve(addresses);
          },
          failed: reject,
        };
        for (let number = 1; number <= this.#options.count; number += 1) this.#startOne(number);
      });
    } catch (error) {
      await this.stop(0);
      throw error;
    } finally {
      this.#onStart = undefined;
    }
  }

  /** Resolves when all of them know what the registry is now; one that stands still is not waited for long. */
  async synced(): Promise<void> {
    this.#publish();
    const revision = this.#revision;
    await this.#until(() => this.#all().every((each) => each.hasSeen(revision)), PATIENCE_MS);
  }

  /** Takes over what all of them have counted. */
  async collect(): Promise<void> {
    const late = sleep(PATIENCE_MS, undefined, { ref: false });
    const counts = await Promise.all(this.#all().map((each) => Promise.race([each.counts(), late])));
    this.#options.onCounts(counts.flatMap((each) => each ?? []));
  }

  /** The keys of calls have changed. */
  tellKeys(keys: TokenKeySet): void {
    this.#tell({ kind: 'keys', keys });
  }

  /** What is logged has changed. */
  tellLogKinds(kinds: LogKinds): void {
    this.#tell({ kind: 'logKinds', kinds });
  }

  /** The files of certificates are to be read anew. */
  reloadCertificates(): void {
    this.#tell({ kind: 'reloadCertificates' });
  }

  /** They take no more connections, finish what they have as far as the time allows, and end. */
  async stop(timeoutMs: number): Promise<void> {
    this.#isStopping = true;
    await Promise.race([this.collect(), sleep(Math.min(timeoutMs, PATIENCE_MS), undefined, { ref: false })]);
    this.#tell({ kind: 'stop', timeoutMs });
    await this.#until(() => this.#processes.size === 0, timeoutMs + END_GRACE_MS);
    for (const each of this.#all()) each.kill();
    await this.#until(() => this.#processes.size === 0, Infinity);
  }

  #all(): FrontEndProcess[] {
    return [...this.#processes.values()];
  }

  #tell(message: Parameters<FrontEndProcess['send']>[0]): void {
    for (const each of this.#all()) each.send(message);
  }

  #startOne(number: number): void {
    const process = new FrontEndProcess({
      number,
      onMessage: (message, from) => this.#onMessage(message, from),
      onChange: () => this.#onChange(),
      onLog: this.#options.log.write,
      onError: (line) => this.#options.logger.warn(line, { frontEnd: number }),
      onExit: (how, ended) => this.#onExit(how, ended),
    });
    this.#processes.set(number, process);
    this.#restarts.started(number);
  }

  #onMessage(message: FrontEndMessage, from: FrontEndProcess): void {
    const { targets, logger } = this.#options;
    switch (message.kind) {
      case 'up':
        return this.#begin(from);
      case 'listening':
        logger.info('a front end is up', { frontEnd: from.number, pid: from.pid });
        return this.#onStart?.listening(from.number, message.addresses);
      case 'failed':
        return this.#onFailed(message.message, from);
      case 'request': {
        const parts = { caller: from.caller(message.call), send: from.resultsOf(message.call) };
        return void runRequest(message.request, targets, parts);
      }
      case 'call': {
        const parts = { caller: from.caller(message.call), send: from.resultsOf(message.call) };
        return void runCall(message.sent, targets, parts);
      }
      case 'callerGone':
        from.callers.get(message.call)?.leave();
        from.callers.delete(message.call);
        break;
      case 'demand':
        for (const demand of message.demands) this.#onDemand(demand, from);
        break;
      case 'workerFailed':
        this.#seats.kill(message.seat, receivedError(message.error));
        break;
      case 'holds':
      case 'counts':
      case 'pong':
      // It keeps those itself.
    }
  }

  #begin(process: FrontEndProcess): void {
    const { count, config, log, keys } = this.#options;
    const { number } = process;
    const facts = { isLogPretty: log.isPretty, logKinds: log.kinds(), keys: keys() };
    process.send({ kind: 'start', start: { number, count, config, ...facts } });
    process.sendState(this.#revision, this.#state);
  }

  #onFailed(message: string, { number }: FrontEndProcess): void {
    if (this.#onStart !== undefined) return this.#onStart.failed(new FrontEndError(message));
    this.#options.logger.error('a front end could not be started again', { frontEnd: number, reason: message });
  }

  #onDemand({ key, waitedMs, saturatedMs }: VersionDemand, { number }: FrontEndProcess): void {
    const notedAt = performance.now();
    const arrivedAt = waitedMs === undefined ? undefined : notedAt - waitedMs;
    const demand = { notedAt, saturatedAt: notedAt - saturatedMs, ...(arrivedAt !== undefined && { arrivedAt }) };
    this.#options.registry.find(key)?.serving.noteDemand(number, demand);
  }

  /** Another one takes its place. */
  #onExit(how: string, { number, pid }: FrontEndProcess): void {
    this.#processes.delete(number);
    this.#onChange();
    if (this.#isStopping) return;
    const reason = `A front end ended while it started (${how}).`;
    if (this.#onStart !== undefined) return this.#onStart.failed(new FrontEndError(reason));
    this.#options.logger.error('a front end died; another one takes its place', { frontEnd: number, pid, how });
    setTimeout(() => {
      if (!this.#isStopping) this.#startOne(number);
    }, this.#restarts.delayMs(number)).unref();
  }

  #publishSoon(): void {
    if (this.#isDirty) return;
    this.#isDirty = true;
    setImmediate(() => {
      if (this.#isDirty) this.#publish();
    });
  }

  #publish(): void {
    this.#isDirty = false;
    this.#watchVersions();
    const state = registryState(this.#options.registry, this.#seats);
    if (this.#revision > 0 && JSON.stringify(state) === JSON.stringify(this.#state)) return;
    this.#state = state;
    this.#revision += 1;
    for (const each of this.#all()) each.sendState(this.#revision, state);
  }

  /** What is said of a version changes with its workers. */
  #watchVersions(): void {
    const registered = new Set(this.#options.registry.all());
    for (const version of registered) {
      if (this.#watched.has(version)) continue;
      this.#watched.set(
        version,
        version.serving.watchWorkers(() => this.#publishSoon()),
      );
    }
    for (const [version, unwatch] of this.#watched) {
      if (registered.has(version)) continue;
      unwatch();
      this.#watched.delete(version);
      this.#seats.forget(version.key);
    }
  }

  async #whenReleased(seat: number): Promise<void> {
    this.#publish();
    const revision = this.#revision;
    const isReleased = (each: FrontEndProcess) => each.hasSeen(revision) && !each.holds(seat);
    await this.#until(() => this.#all().every(isReleased), Infinity);
  }

  #onChange(): void {
    for (const listener of this.#listeners) listener();
  }

  /** Resolves when it is so, or the time is over. */
  async #until(isSo: () => boolean, timeoutMs: number): Promise<void> {
    if (isSo()) return;
    let listener = () => {};
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      listener = () => {
        if (isSo()) resolve();
      };
      this.#listeners.add(listener);
      if (timeoutMs < Infinity) timer = setTimeout(resolve, timeoutMs);
    });
    clearTimeout(timer);
    this.#listeners.delete(listener);
  }
}
