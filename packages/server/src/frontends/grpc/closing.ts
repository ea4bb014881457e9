/** The end of a server, for those that would wait longer than it lasts. */
export class Closing {
  readonly #listeners = new Set<() => void>();
  #hasBegun = false;

  /** Never becomes false again. */
  get hasBegun(): boolean {
    return this.#hasBegun;
  }

  /** Tells those that are to hear of it. */
  begin(): void {
    this.#hasBegun = true;
    for (const listener of this.#listeners) listener();
    this.#listeners.clear();
  }

  /** Calls the listener once, when it begins, or at once. @returns what forgets the listener */
  onBegin(listener: () => void): () => void {
    if (this.#hasBegun) listener();
    else this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
