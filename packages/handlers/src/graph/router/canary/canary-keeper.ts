/** Keeps the state of a canary that all workers share, and moves it on. */
import { toError } from '../../../base/stages.ts';
import type { ExperimentStore } from '../../../experiment/experiment-store.ts';
import type { ModelContext } from '../../../handler.ts';
import type { RouteOutcome, RouterArms } from '../router-policy.ts';
import { CANARY, type CanaryConfig } from './canary-config.ts';
import { stateIn, withState } from './canary-documents.ts';
import { canaryReport, moveLine } from './canary-report.ts';
import {
  INITIAL,
  nextState,
  placeOf,
  wantsGolden,
  weightOf,
  type CanaryCommand,
  type CanaryNews,
  type CanaryState,
} from './canary-state.ts';
import { askGolden, type GoldenCase } from './golden.ts';
import { brokenGuard } from './guards.ts';
import { p99Of } from './latencies.ts';
import { addedTallies, NO_TALLIES, type Tallies } from './tally.ts';
import { tallyOf } from './tally-of.ts';

/** What it needs. */
export interface CanaryKeeperOptions {
  /** The canary. */
  readonly config: CanaryConfig;
  /** Empty for none. */
  readonly golden: readonly GoldenCase[];
  /** Of the router. */
  readonly arms: RouterArms;
  /** Of the graph. */
  readonly context: Pick<ModelContext, 'logger' | 'metrics'>;
  /** What workers share. */
  readonly store: Pick<ExperimentStore, 'readDocument' | 'updateDocument'>;
}

/** Counts are written so often at most, and short steps are looked at five times. */
const INTERVAL_MS = 1000;
const SHORTEST_MS = 50;
/** Golden requests that say nothing of the canary are asked again after so long. */
const DOUBT_MS = 10_000;

/** Of the canary, where nobody has said: a few times what stable takes. */
const LONGEST_MS = 30_000;
const SHORTEST_TIMEOUT_MS = 1000;
const TIMES_STABLE = 5;

/** One for each router and worker. */
export class CanaryKeeper {
  readonly #options: CanaryKeeperOptions;
  readonly #intervalMs: number;
  #state: CanaryState = INITIAL;
  #timeoutMs: number;
  #news: Tallies = NO_TALLIES;
  #isHeldBack = false;
  #goldenAfter = -Infinity;
  #timer: NodeJS.Timeout | undefined;
  #dueAt = 0;
  #isTicking = false;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: CanaryKeeperOptions) {
    this.#options = options;
    this.#timeoutMs = options.config.timeoutMs ?? LONGEST_MS;
    const shortest = Math.min(...options.config.steps.map(({ forMs }) => forMs));
    this.#intervalMs = Math.min(INTERVAL_MS, Math.max(SHORTEST_MS, shortest / 5));
  }

  /** Requests of a hundred that go to the canary. */
  get weight(): number {
    return this.#isHeldBack ? 0 : weightOf(this.#state, this.#options.config);
  }

  /** Longest time of the canary, in milliseconds: one that hangs is to be found out, one that is slow is for the guards. */
  get timeoutMs(): number {
    return this.#timeoutMs;
  }

  /** Resolves when the state is known, as far as the store tells it. Never rejects. */
  async start(): Promise<void> {
    await this.#tick();
  }

  /** A request is over; what is counted is written later. */
  count(arm: 'stable' | 'canary', outcome: RouteOutcome): void {
    const { status } = this.#state;
    if (status === 'promoted' || status === 'rolled_back') return;
    const tally = tallyOf(outcome);
    this.#news = addedTallies(this.#news, { ...NO_TALLIES, [arm]: tally });
    const isBad = arm === CANARY && tally.failed + tally.refused > 0;
    if (isBad || this.#isStableKnownFirst()) this.#tickIn(SHORTEST_MS);
  }

  /** @throws StoreError where nothing can be changed */
  async command(command: CanaryCommand): Promise<void> {
    await this.#inTurn(() => this.#update({ command }));
  }

  /** For people. */
  report(): unknown {
    return canaryReport(this.#state, this.#options.config);
  }

  /** Until then a canary that hangs takes long. */
  #isStableKnownFirst(): boolean {
    const { minRequests } = this.#options.config.guards;
    const { status, tallies } = this.#state;
    const known = tallies.stable.requests;
    return status === 'running' && known < minRequests && known + this.#news.stable.requests >= minRequests;
  }

  /** What is due sooner stays so, however often something else comes. */
  #tickIn(ms: number): void {
    const dueAt = performance.now() + ms;
    if (this.#isTicking || (this.#timer !== undefined && this.#dueAt <= dueAt)) return;
    clearTimeout(this.#timer);
    this.#dueAt = dueAt;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      // It never rejects.
      void this.#tick();
    }, ms).unref();
  }

  async #tick(): Promise<void> {
    this.#isTicking = true;
    await this.#inTurn(() => this.#exchange());
    this.#isTicking = false;
    const { context, config } = this.#options;
    context.metrics.addGauge('graph_canary_weight', this.weight, { dimensions: { router: config.name } });
    this.#tickIn(this.#intervalMs);
  }

  /** The store has told what is wrong with it. */
  async #exchange(): Promise<void> {
    try {
      if (this.#hasNews()) await this.#update({});
      else await this.#read();
      await this.#askGolden();
    } catch (error) {
      const { logger } = this.#options.context;
      logger.debug('the state of a canary is not known', { error: toError(error) });
      this.#holdBack();
    }
  }

  #hasNews(): boolean {
    const { status, isGolden } = this.#state;
    if (status === 'running') return true;
    if (status === 'waiting') return this.#problem() === undefined && (isGolden || !this.#options.config.hasGolden);
    return this.#news.stable.requests + this.#news.canary.requests > 0;
  }

  async #read(): Promise<void> {
    const { config, store } = this.#options;
    this.#adopt(await store.readDocument(config.name));
  }

  async #update(more: Pick<CanaryNews, 'golden' | 'command'>): Promise<void> {
    const { config, store } = this.#options;
    const tallies = this.#news;
    const news = { now: Date.now(), tallies, problem: this.#problem(), ...more };
    let before = INITIAL;
    this.#news = NO_TALLIES;
    try {
      const document = await store.updateDocument(config.name, (old) => {
        before = stateIn(old, config.planId);
        return withState(old, config.planId, nextState(before, config, news));
      });
      this.#adopt(document);
    } catch (error) {
      this.#news = addedTallies(tallies, this.#news);
      throw error;
    }
    this.#tellMove(before, addedTallies(before.tallies, tallies));
  }

  #adopt(document: unknown): void {
    const { config } = this.#options;
    this.#state = stateIn(document, config.planId);
    this.#isHeldBack = false;
    const { requests, latencies } = this.#state.tallies.stable;
    if (config.timeoutMs !== undefined || requests < config.guards.minRequests) return;
    this.#timeoutMs = Math.min(
      LONGEST_MS,
      Math.max(SHORTEST_TIMEOUT_MS, TIMES_STABLE * (p99Of(latencies) ?? Infinity)),
    );
  }

  /** Told by the worker that has moved it. */
  #tellMove(before: CanaryState, tallies: Tallies): void {
    const { config, context } = this.#options;
    const line = moveLine({ before, after: this.#state, tallies }, config);
    if (line !== undefined) context.logger[line.level](line.message, line.fields);
  }

  /** While the store tells nothing, this worker's own counts are held against the guards. */
  #holdBack(): void {
    const tallies = addedTallies(this.#state.tallies, this.#news);
    if (brokenGuard(this.#options.config.guards, tallies) !== undefined) this.#isHeldBack = true;
  }

  async #askGolden(): Promise<void> {
    const { arms, config, context, golden } = this.#options;
    if (!wantsGolden(this.#state, config, this.#problem()) || performance.now() < this.#goldenAfter) return;
    const place = placeOf(this.#state);
    const { problem, doubt } = await askGolden(golden, { ask: arms.ask, tolerance: config.tolerance });
    if (doubt === undefined) return this.#update({ golden: { place, problem } });
    this.#goldenAfter = performance.now() + DOUBT_MS;
    context.logger.warn(`canary "${config.name}" waits: ${doubt}`, { router: config.name });
  }

  #problem(): string | undefined {
    return this.#options.arms.problem(CANARY);
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    const turn = this.#turn.then(work);
    this.#turn = turn.catch(() => {});
    return turn;
  }
}
