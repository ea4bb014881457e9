/** A question of a worker to another model of the server, on its way to the daemon, which checks it: a handler could write it itself. */
import { FieldReader, FieldWriter } from './fields.ts';
import { encodeFrame, type Frame } from './frame.ts';
import { kindNumber } from './message.ts';

/** What may be asked. */
const ASK_OPERATIONS = ['predict', 'explain', 'describe'] as const;

/** One of these: `describe` for what the server itself knows of the model. */
export type AskOperation = (typeof ASK_OPERATIONS)[number];

/** What the payload may be, as in `ModelQuestion`. */
const FORMS = ['values', 'messages'] as const;

/** One of these. */
export type AskForm = (typeof FORMS)[number];

/** Worker → daemon: ask another model; what it is asked is the payload. */
export interface AskMessage {
  readonly kind: 'ask';
  /** Of the question; greater than those of all before. */
  readonly id: number;
  /** What is asked. */
  readonly operation: AskOperation;
  /** What the payload is. */
  readonly form: AskForm;
  /** Name of the model. */
  readonly model: string;
  /** Empty for the default one. */
  readonly version: string;
  /** For which requests; undefined where the handler asks for itself. */
  readonly by: AskPlace | undefined;
  /** Number of the registration that is to answer; 0 for any. */
  readonly serial: number;
  /** Names and values in turn. */
  readonly headers: readonly string[];
  /** Longest time until the answer, in milliseconds; Infinity for no limit of its own. */
  readonly timeoutMs: number;
  /** Whether no client waits for the answer. */
  readonly isBackground: boolean;
}

/** Requests of a batch: one, or several that ask together. */
export interface AskPlace {
  /** The batch. */
  readonly batch: number;
  /** Their places in the batch; at least one. */
  readonly requests: readonly number[];
}

/** In place of a batch. */
const NO_BATCH = -1;

/** A question as chunks to write, which `readAsk` reads. @param payload what is asked */
export function encodeAsk(message: AskMessage, payload: readonly Uint8Array[]): Uint8Array[] {
  return encodeFrame({ kind: kindNumber('ask'), id: message.id, fields: headerOf(message), payload });
}

function headerOf({
  operation,
  form,
  model,
  version,
  serial,
  by,
  headers,
  timeoutMs,
  isBackground,
}: AskMessage): FieldWriter {
  const fields = new FieldWriter();
  fields.addNumber(ASK_OPERATIONS.indexOf(operation));
  fields.addNumber(FORMS.indexOf(form));
  fields.addDouble(by?.batch ?? NO_BATCH);
  fields.addNumbers(by?.requests ?? []);
  fields.addNumber(serial);
  fields.addNumber(isBackground ? 1 : 0);
  fields.addDouble(timeoutMs);
  fields.addText(model);
  fields.addText(version);
  fields.addTexts(headers);
  return fields;
}

/** The question of a frame. @throws Error with what is wrong with it */
export function readAsk({ id, numbers, text }: Frame): AskMessage {
  const fields = new FieldReader(numbers, text);
  const operation = ASK_OPERATIONS[fields.number()];
  const form = FORMS[fields.number()];
  if (operation === undefined || form === undefined) throw new Error('a question of unknown kind');
  const [batch, requests, serial, background] = [fields.double(), fields.numbers(), fields.number(), fields.number()];
  const timeoutMs = fields.double();
  if (Number.isNaN(timeoutMs)) throw new Error('a question with a time that is none');
  const [model, version, headers] = [fields.text(), fields.text(), fields.texts()()];
  fields.end();
  if (headers.length % 2 > 0) throw new Error('a question with a header that has no value');
  if (batch !== NO_BATCH && requests.length === 0) throw new Error('a question for no request of a batch');
  return {
    kind: 'ask',
    id,
    operation,
    form,
    model,
    version,
    serial,
    by: batch === NO_BATCH ? undefined : { batch, requests },
    headers,
    timeoutMs,
    isBackground: background === 1,
  };
}
