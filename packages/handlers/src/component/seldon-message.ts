/** Seldon Core v1's messages, as proto3's JSON has them (`seldon.protos`, prediction.proto). */

/** What is sent, and answered: one of `data`, `binData`, `strData`, `jsonData` and `customData`. */
export interface SeldonMessage {
  /** How it went; its `code` is the status of the answer over HTTP. */
  readonly status?: SeldonStatus;
  /** What is said of it. */
  readonly meta?: SeldonMeta;
  /** Numbers, or lists of anything. */
  readonly data?: SeldonData;
  /** Bytes, in base64. */
  readonly binData?: string;
  /** A text. */
  readonly strData?: string;
  /** Any JSON. */
  readonly jsonData?: unknown;
  /** A message of somebody else's, with its type as `@type`. */
  readonly customData?: unknown;
}

/** One of `tensor`, `ndarray` and `tftensor`. */
export interface SeldonData {
  /** Of the columns. */
  readonly names?: readonly string[];
  /** Numbers in one list, the last axis running fastest. */
  readonly tensor?: { readonly shape?: readonly number[]; readonly values?: readonly number[] };
  /** Nested lists. */
  readonly ndarray?: readonly unknown[];
  /** TensorFlow's TensorProto. */
  readonly tftensor?: Readonly<Record<string, unknown>>;
}

/** What is said of a message. */
export interface SeldonMeta {
  /** Id of the prediction. */
  readonly puid?: string;
  /** Any values by their names. */
  readonly tags?: Readonly<Record<string, unknown>>;
  /** Which child each router took. */
  readonly routing?: Readonly<Record<string, number>>;
  /** The components that it went through, and their images. */
  readonly requestPath?: Readonly<Record<string, string>>;
  /** What the components measured. */
  readonly metrics?: readonly SeldonMetric[];
}

/** A sample of a component's own metric. */
export interface SeldonMetric {
  /** Its name. */
  readonly key: string;
  /** What the value does: added, put in place of the last one, or counted as a duration in milliseconds. Default: `COUNTER`. */
  readonly type?: 'COUNTER' | 'GAUGE' | 'TIMER';
  /** Finite. */
  readonly value: number;
  /** Labels. */
  readonly tags?: Readonly<Record<string, string>>;
}

/** How it went. */
export interface SeldonStatus {
  /** Of HTTP, or −1. */
  readonly code?: number;
  /** For people. */
  readonly info?: string;
  /** For programs. */
  readonly reason?: string;
  /** 1 or `FAILURE` for what failed. */
  readonly status?: number | string;
}

/** What came of a prediction, told afterwards. */
export interface SeldonFeedback {
  /** What was asked. */
  readonly request?: SeldonMessage;
  /** What was answered; its `meta.routing` tells routers what they did. */
  readonly response?: SeldonMessage;
  /** How good it was. */
  readonly reward?: number;
  /** What would have been right. */
  readonly truth?: SeldonMessage;
}

/** What can be asked of a component; `predictions` is whatever its place in the graph makes of a prediction. */
export type SeldonMethod =
  | 'predictions'
  | 'predict'
  | 'transform-input'
  | 'transform-output'
  | 'route'
  | 'aggregate'
  | 'send-feedback'
  | 'health-status'
  | 'metadata'
  | 'graph-metadata';

/** The place in a graph for which a component is asked. */
export interface UnitName {
  /** In `requestPath` and `routing`. */
  readonly name: string;
  /** What `requestPath` says beside it; undefined for the component's own. */
  readonly image?: string | undefined;
  /** What the component is to be made with for it, over its own; undefined where it has none. */
  readonly parameters?: Readonly<Record<string, unknown>> | undefined;
}

/** What a graph asks a model of its server. */
export interface SeldonQuestion {
  /** Which method of the component. */
  readonly method: SeldonMethod;
  /** As in `SeldonCall`. */
  readonly body: unknown;
  /** For which unit. */
  readonly unit: UnitName;
}

/** A request of Seldon's protocol, whole, for a handler that takes those; as the row's `body`. */
export class SeldonCall {
  /** Which method of the component. */
  readonly method: SeldonMethod;
  /** What came: a message; for `aggregate` a list of them, for `send-feedback` a feedback. */
  readonly body: unknown;
  /** The unit of a graph that asks; undefined for a client. */
  readonly unit: UnitName | undefined;

  constructor(method: SeldonMethod, body: unknown, unit?: UnitName) {
    this.method = method;
    this.body = body;
    this.unit = unit;
  }
}
