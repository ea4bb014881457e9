/** A canary at work, in one of the workers that share its state. */
import { randomInt } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { serverModelsOf } from '../../../context/ask-model.ts';
import { experimentStoreOf } from '../../../experiment/experiment-store-of.ts';
import { SeededRandom } from '../../../explain/random.ts';
import type { ModelContext } from '../../../handler.ts';
import { isPlainObject, listOf } from '../../../model-config.ts';
import { PredictionError } from '../../../prediction-error.ts';
import type { GraphValue } from '../../graph-value.ts';
import type { Route, RouteOutcome, RouterArms, RouterCall, RouterPolicy } from '../router-policy.ts';
import { stickyArm } from '../sticky.ts';
import { CANARY, readGoldenCase, STABLE, type CanaryConfig } from './canary-config.ts';
import { CanaryKeeper } from './canary-keeper.ts';
import type { CanaryCommand } from './canary-state.ts';
import type { GoldenCase } from './golden.ts';

/** Resolves when its state is known. @throws Error for a file of golden requests that is none */
export async function openCanary(config: CanaryConfig, context: ModelContext, arms: RouterArms): Promise<RouterPolicy> {
  const golden = await readCases(config.golden, context.modelDir);
  const keeper = new CanaryKeeper({ config, golden, arms, context, store: experimentStoreOf(context) });
  // Where it is packaged there is nobody to ask.
  if (serverModelsOf(context) !== undefined) await keeper.start();
  return new Canary(config, keeper);
}

async function readCases(golden: CanaryConfig['golden'], folder: string): Promise<readonly GoldenCase[]> {
  if (typeof golden !== 'string') return golden ?? [];
  const text = await readFile(path.join(folder, golden), 'utf8');
  return listOf(readGoldenCase)(JSON.parse(text), golden);
}

const COMMANDS = ['pause', 'resume', 'promote', 'abort', 'restart'] as const;

function readCommand(message: unknown): CanaryCommand {
  const { canary, ...others } = isPlainObject(message) ? message : {};
  const command = COMMANDS.find((each) => each === canary);
  if (command !== undefined && Object.keys(others).length === 0) return command;
  const got = JSON.stringify(message)?.slice(0, 100);
  const expected = `{"canary": one of ${COMMANDS.join(', ')}}`;
  throw new PredictionError(`Invalid change of a canary: expected ${expected}, got ${got}`, 400);
}

class Canary implements RouterPolicy {
  readonly #config: CanaryConfig;
  readonly #keeper: CanaryKeeper;
  readonly #random: SeededRandom;

  constructor(config: CanaryConfig, keeper: CanaryKeeper) {
    this.#config = config;
    this.#keeper = keeper;
    this.#random = new SeededRandom(config.seed ?? randomInt(2 ** 32));
  }

  choose(value: GraphValue, call: RouterCall): Route {
    const arm = this.#arm(this.#config.userKey(value, call));
    if (arm === STABLE) return { arm };
    return { arm, timeoutMs: this.#keeper.timeoutMs, ...(this.#config.isRescued && { instead: STABLE }) };
  }

  answered({ arm }: Route, outcome: RouteOutcome): void {
    this.#keeper.count(arm === CANARY ? CANARY : STABLE, outcome);
  }

  state(): unknown {
    return this.#keeper.report();
  }

  async command(message: unknown): Promise<void> {
    await this.#keeper.command(readCommand(message));
  }

  #arm(user: string | undefined): string {
    const { weight } = this.#keeper;
    if (weight <= 0) return STABLE;
    if (user === undefined) return this.#random.next() * 100 < weight ? CANARY : STABLE;
    const weights = [
      { arm: STABLE, weight: 100 - weight },
      { arm: CANARY, weight },
    ];
    return stickyArm(weights, `${this.#config.name}:${user}`);
  }
}
