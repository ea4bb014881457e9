/** What a protocol's codec does, in the worker: a request ↔ handler rows and results. */
import type { ResponseOverrides } from '@marserve/handlers/context';
import type { ModelSignature, RouteRequest, Row, RowResult, TensorSpec } from '@marserve/handlers';

/**
 * The name of an input that is a whole application/x-www-form-urlencoded body, which the codec takes apart: no field has it.
 */
export const FORM_INPUT = '';

/** One input as it came over the wire. */
export interface EncodedInput {
  /** Of the form's field, or the protocol's own word for the whole body. */
  readonly name: string;
  /** Media type without parameters; empty when there was none. */
  readonly contentType: string;
  /** Of text, when it is not UTF-8: a label that TextDecoder knows. */
  readonly charset?: string | undefined;
  /** A view into the batch's payload; it holds until the batch is answered. */
  readonly bytes: Buffer;
}

/** A request as it came over the wire. */
export interface EncodedRequest {
  /** What is asked of the handler. */
  readonly operation: 'predict' | 'explain' | 'describe';
  /** Names, in the client's spelling, and values in turn, in the order they came. */
  readonly headers: readonly string[];
  /** In the client's order; empty for a request without a body. */
  readonly inputs: readonly EncodedInput[];
}

/** The model that a request is for. */
export interface CodecModel {
  /** Name that it is registered under. */
  readonly name: string;
  /** Its version. */
  readonly version: string;
  /** The tensors that its handler takes and gives; empty lists where it does not tell. */
  readonly signature: ModelSignature;
  /**
   * Its inputs, where its handler is one of the server's, and a row may have tensors under their names in place of what is parsed
   * from JSON. Default: none.
   */
  readonly tensorInputs?: readonly TensorSpec[] | undefined;
  /** Whether its rows are whole messages (`SeldonCall`), where the protocol has those; default false. */
  readonly takesMessages?: boolean | undefined;
  /** Whether a row may ask for its experiments (`ExperimentCall`); default false. */
  readonly takesExperimentCalls?: boolean | undefined;
  /** What the archive calls a class, by its number; empty for one without a name. Undefined where nobody says. */
  readonly labelOf?: (index: number) => string;
  /** In which its requests come on TorchServe's paths; undefined for none. */
  readonly envelope?: ServiceEnvelope | undefined;
}

/** One of TorchServe's service envelopes. */
export interface ServiceEnvelope {
  /** As the configuration spells it. */
  readonly name: string;
  /** Reads and writes the bodies; undefined for `body`, which is no form of its own. */
  readonly codec?: Codec | undefined;
}

/** What a request asks of the handler. */
export interface DecodedRequest {
  /** One or several; each gets a result of the handler. */
  readonly rows: Row[];
  /** The route of the handler's own that it came to; undefined for all other requests. */
  readonly route?: RouteRequest;
  /** What the protocol calls parameters, for the handler. */
  readonly parameters?: Readonly<Record<string, unknown>>;
  /** Whether `encode` takes the tensors of `BaseHandler` as they are; default false: as nested lists. */
  readonly keepsTensors?: boolean;
  /**
   * What the handler sees of the request's headers, where its rows are not what those say; names and values in turn. Called when
   * it asks for them.
   */
  readonly headers?: () => readonly string[];
  /** Whatever `encode` needs to know of the request. */
  readonly reply?: unknown;
}

/** The results of a request's rows, none of which failed. */
export interface RequestResults {
  /** One for each of the rows that `decode` made, in their order. */
  readonly results: readonly RowResult[];
  /** What the handler set on the answer of each row. */
  readonly overrides: readonly ResponseOverrides[];
  /** What `decode` gave. */
  readonly reply: unknown;
}

/** A part of the answer to a request: what the handler gave for one of its rows. */
export interface RequestPart {
  /** What was yielded or sent. */
  readonly value: RowResult;
  /** Place of the row among those of the request. */
  readonly row: number;
  /** Whether no part of this answer came before; the facts beside that one hold for all of the answer. */
  readonly isFirst: boolean;
  /** What the handler set on the answer of the row. */
  readonly overrides: ResponseOverrides;
  /** What `decode` gave. */
  readonly reply: unknown;
}

/** An answer: facts for the protocol's endpoints in the daemon, and the body. */
export interface Encoded {
  /** Plain data, which the protocol's `replyProblem` checks in the daemon. */
  readonly meta: unknown;
  /** The bytes that the client gets. */
  readonly body: Uint8Array;
}

/** Whatever one request makes it throw fails that request alone. */
export interface Codec {
  /** @throws PredictionError for inputs that are not what they are said to be */
  decode(request: EncodedRequest, model: CodecModel): DecodedRequest;
  /** @throws Error for a result that cannot be sent */
  encode(results: RequestResults, model: CodecModel): Encoded;
  /**
   * For protocols whose answers can come in parts; without it, such an answer fails.
   * @throws Error for a value that cannot be sent
   */
  encodePart?(part: RequestPart, model: CodecModel): Encoded;
}

/** What the handler set on the answers of a request's rows, as one: of what several rows set, the last counts. */
export function mergeOverrides(overrides: readonly ResponseOverrides[]): ResponseOverrides {
  const [only] = overrides;
  if (only !== undefined && overrides.length === 1) return only;
  const headers = Object.assign({}, ...overrides.map((each) => each.headers)) as Record<string, string>;
  const set = overrides.map((each) =>
    Object.fromEntries(Object.entries(each).filter(([, value]) => value !== undefined)),
  );
  return { ...(Object.assign({}, ...set) as Omit<ResponseOverrides, 'headers'>), headers };
}
