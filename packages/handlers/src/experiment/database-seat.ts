/** A database that is opened when it is needed, and again when it could not be. */
import type { ExperimentDatabase } from './database.ts';
import { StoreError } from './store-error.ts';

/** How it is opened. */
export interface DatabaseSeatOptions {
  /** Opens it. */
  readonly open: () => Promise<ExperimentDatabase>;
  /** Told once of what is wrong; undefined when it is well again. */
  readonly onProblem?: ((problem: string | undefined) => void) | undefined;
}

/** One that cannot be opened is tried again after so long. */
const RETRY_MS = 1000;

/** What is asked of it opens it. */
export class DatabaseSeat {
  readonly #options: DatabaseSeatOptions;
  #opening: Promise<ExperimentDatabase> | undefined;
  #failed: { readonly error: unknown; readonly at: number } | undefined;
  #problem: string | undefined;
  #open: ExperimentDatabase | undefined;

  constructor(options: DatabaseSeatOptions) {
    this.#options = options;
  }

  /** Why it did not do what was last asked of it; undefined when it did. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** The database, where it is open. */
  get opened(): ExperimentDatabase | undefined {
    return this.#open;
  }

  /** @throws StoreError where it cannot be opened, or does not do it; whatever else the work throws */
  async ask<T>(work: (database: ExperimentDatabase) => Promise<T>): Promise<T> {
    try {
      const result = await work(await this.#database());
      this.#tell(undefined);
      return result;
    } catch (error) {
      if (error instanceof StoreError) this.#tell(error.message);
      throw error;
    }
  }

  /** It may be opened again. */
  async close(): Promise<void> {
    const database = await this.#opening?.catch(() => undefined);
    this.#opening = undefined;
    this.#open = undefined;
    await database?.close();
  }

  async #database(): Promise<ExperimentDatabase> {
    if (this.#failed !== undefined && performance.now() - this.#failed.at < RETRY_MS) throw this.#failed.error;
    this.#opening ??= this.#options.open();
    try {
      this.#open = await this.#opening;
      this.#failed = undefined;
      return this.#open;
    } catch (error) {
      this.#failed = { error, at: performance.now() };
      this.#opening = undefined;
      throw error;
    }
  }

  #tell(problem: string | undefined): void {
    if (problem === this.#problem) return;
    this.#problem = problem;
    this.#options.onProblem?.(problem);
  }
}
