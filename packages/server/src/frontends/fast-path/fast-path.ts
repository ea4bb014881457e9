/**
 * Answers plain requests without node:http, for half of the processor's time: those that come whole and say what they say in
 * one way only, which are most. A connection on which anything else comes is given to node:http, for good, before any of it
 * is answered, with all that was read of it; so everything that is odd, large, slow or hostile meets node:http alone.
 */
import type { Socket } from 'node:net';
import type { PlainAnswers } from '../answers/plain-answer.ts';
import type { BodyLimits } from '../bodies/read-body.ts';
import type { EndpointRunner } from '../http/endpoint-runner.ts';
import type { HeldMemory } from '../memory/held-memory.ts';
import type { RouteTable } from '../routes/route-table.ts';
import { FastConnection } from './fast-connection.ts';
import type { FastRequestContext } from './fast-request.ts';
import { KnownHeads } from './known-heads.ts';

/** What the connections of a listener are served with. */
export interface FastConnectionOptions extends FastRequestContext {
  /** Finds what a request asks for. */
  readonly routes: RouteTable;
  /** Runs it. */
  readonly runner: EndpointRunner;
  /** Writes small answers. */
  readonly plainAnswers: PlainAnswers;
  /** Larger bodies are node:http's. */
  readonly bodyLimits: BodyLimits;
  /** Small answers that their clients have not taken. */
  readonly held: HeldMemory;
  /** How long a connection may be without a request, in milliseconds. */
  readonly idleTimeoutMs: number;
  /** Longest time that a client may take to read its answer, in milliseconds. */
  readonly writeTimeoutMs: number;
  /** Takes a connection, for good. */
  readonly giveToNode: (socket: Socket) => void;
  /** Refuses what came on a connection whose client will send no more: it ends in the middle of a request. */
  readonly refuse: (socket: Socket, bytes: Buffer) => void;
}

/** What a connection tells beside that. */
export interface FastPathOptions extends FastConnectionOptions {
  /** Those that came on any of them. */
  readonly heads: KnownHeads;
  /** Told once of a connection that is no longer served here. */
  readonly onClosed: (connection: FastConnection) => void;
}

/** How often connections are looked at. */
const LOOK_MS = 1000;

/** The connections of one listener that are served so. */
export class FastPath {
  readonly #options: FastPathOptions;
  readonly #connections = new Set<FastConnection>();
  readonly #timer = setInterval(() => this.#look(), LOOK_MS).unref();

  constructor(options: FastConnectionOptions) {
    const onClosed = (connection: FastConnection) => this.#onClosed(connection);
    this.#options = { ...options, heads: new KnownHeads(options.routes), onClosed };
  }

  /** Takes a connection, fresh or with bytes that were put back. */
  serve(socket: Socket): void {
    this.#connections.add(new FastConnection(socket, this.#options));
  }

  /** Ends the connections on which no request is being answered. */
  closeIdle(): void {
    for (const connection of this.#connections) if (connection.isIdle) connection.destroy();
  }

  /** Ends all of them. */
  closeAll(): void {
    for (const connection of this.#connections) connection.destroy();
  }

  /** To be called when the listener is closed. */
  stop(): void {
    clearInterval(this.#timer);
  }

  #onClosed(connection: FastConnection): void {
    this.#connections.delete(connection);
  }

  #look(): void {
    for (const connection of this.#connections) connection.look(LOOK_MS);
  }
}
