/** What the check process is asked and what it answers. */
import type { ModelSignature } from '../signature.ts';

/** One question; the process ends after its answer. */
export type CheckRequest =
  /** Open an ONNX model. */
  | { readonly kind: 'model'; readonly path: string }
  /** Import a handler and find its export, without initializing it. */
  | { readonly kind: 'handler'; readonly modelDir: string; readonly handler: string }
  /** Import the handler of a workflow and find its functions. */
  | {
      readonly kind: 'functions';
      readonly modelDir: string;
      readonly handler: string;
      readonly names: readonly string[];
    }
  /** Initialize a built-in handler with a model, as a worker does. */
  | {
      readonly kind: 'built-in';
      readonly modelDir: string;
      readonly handler: string;
      /** File name of the model in `modelDir`; undefined for a handler whose model is elsewhere. */
      readonly serializedFile?: string;
      /** The model's YAML file, parsed. */
      readonly modelConfig: Readonly<Record<string, unknown>>;
    };

/** The model can be opened. */
export interface ModelChecked {
  readonly ok: true;
  /** What it takes and gives. */
  readonly signature: ModelSignature;
  /** Files that hold the model's weights, relative to its folder. */
  readonly externalData: readonly string[];
}

/** The handler was found. */
export interface HandlerChecked {
  readonly ok: true;
  /** The style of the handler. */
  readonly exports: 'class' | 'function';
  /** What the class or function is called. */
  readonly name: string;
  /** What a built-in handler warned about. */
  readonly warnings?: readonly string[];
}

/** What was asked about cannot be served. */
export interface CheckFailed {
  readonly ok: false;
  /** The message says where in the code it happened, when that is known. */
  readonly error: { readonly message: string };
}

/** The answer to any of them. */
export type CheckReply = ModelChecked | HandlerChecked | CheckFailed;
