/** Whether anybody waits for the answer of a step. */

/** Who may stop waiting. */
export interface Waiting {
  /** Aborts when steps beside this one make its answer useless, or the client goes; undefined where there are none. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Aborts when the client goes; made when it is first called, which takes as long as a small question. Models of this server
   * need none: they hear it from the server, by the row that they are asked for.
   */
  readonly clientSignal?: (() => AbortSignal) | undefined;
}

/** Aborts when nobody waits. */
export function waitingSignal({ signal, clientSignal }: Waiting): AbortSignal | undefined {
  return signal ?? clientSignal?.();
}
