/** Seldon Core v1's messages in JSON. */

/** What is sent, and answered: one of `data`, `strData`, `binData`, `jsonData` and `customData`. */
export interface SeldonMessage {
  /** Numbers, or lists of anything. */
  readonly data?: SeldonData;
  /** A text. */
  readonly strData?: string;
  /** Bytes, in base64. */
  readonly binData?: string;
  /** Any JSON. */
  readonly jsonData?: unknown;
  /** A message of somebody else's, with its type as `@type`. */
  readonly customData?: unknown;
  /** What is said of it. */
  readonly meta?: SeldonMeta;
  /** How it went. */
  readonly status?: SeldonStatus;
}

/** One of `ndarray`, `tensor` and `tftensor`. */
export interface SeldonData {
  /** Of the columns. */
  readonly names?: readonly string[];
  /** Nested lists. */
  readonly ndarray?: readonly unknown[];
  /** Numbers in one list, the last axis running fastest; where JSON has no number, its name. */
  readonly tensor?: {
    readonly shape: readonly number[];
    readonly values: ArrayLike<number | bigint | string>;
  };
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
  /** What the components measured: `{key, type, value, tags}`. */
  readonly metrics?: readonly Readonly<Record<string, unknown>>[];
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

/** What came of a prediction. */
export interface SeldonFeedback {
  /** What was asked. */
  readonly request?: SeldonMessage;
  /** What was answered; its `meta.routing` tells routers what they did. */
  readonly response?: SeldonMessage;
  /** How good it was; default 0. */
  readonly reward?: number;
  /** What would have been right. */
  readonly truth?: SeldonMessage;
}
