/** Heads of requests, read once: a client sends the same again and again, and so do all clients of one kind. */
import type { EndpointCall } from '../http/endpoint-runner.ts';
import { splitTarget } from '../http/plain-request.ts';
import type { RouteTable } from '../routes/route-table.ts';
import { readPlainHead, type PlainHead } from './read-head.ts';

/** Longer ones are not kept, in characters. */
export const MOST_KNOWN_CHARS = 1024;

/** A head, and what it asks for. */
export interface KnownHead {
  /** All lines, without the empty one behind them. */
  readonly text: string;
  /** What they say. */
  readonly head: PlainHead;
  /** What is to be run for it. */
  readonly call: EndpointCall;
  /** Of the routes that it was looked up in. */
  readonly revision: number;
}

/** Those of a listener. */
export class KnownHeads {
  readonly #routes: RouteTable;
  #latest: KnownHead | undefined;

  constructor(routes: RouteTable) {
    this.#routes = routes;
  }

  /** @param own the one that came last on the same connection @returns undefined for one that is left to node:http */
  find(text: string, own: KnownHead | undefined): KnownHead | undefined {
    const { revision } = this.#routes;
    if (own?.text === text && own.revision === revision) return own;
    if (this.#latest?.text === text && this.#latest.revision === revision) return this.#latest;
    const head = readPlainHead(text);
    if (head === undefined) return undefined;
    const known = { text, head, call: this.#routes.find(head.method, splitTarget(head.target).path), revision };
    if (text.length <= MOST_KNOWN_CHARS) this.#latest = known;
    return known;
  }
}
