/** Procedures whose messages are rare and small: they are read and written as JSON has them. */
import type { JsonObject, JsonValue } from '@bufbuild/protobuf';
import type { Audience } from '../../endpoint.ts';
import { createMessages } from '../../grpc/messages.ts';
import { isRecord } from '../../is-record.ts';
import type { PlainCall, UnaryRpc } from '../../rpc.ts';
import { DESCRIPTORS } from '../descriptors.ts';

/** Takes the request, and gives the response; integers of 64 bits in requests are texts. */
export type JsonAnswer = (request: JsonObject, call: PlainCall) => object | Promise<object>;

/** Who may call it, and what it answers. */
export type JsonRpc = readonly [audience: Audience, answer: JsonAnswer];

/** @param rpcs by their names: those of the messages are `NAMERequest` and `NAMEResponse` */
export function createJsonRpcs(rpcs: Readonly<Record<string, JsonRpc>>): UnaryRpc[] {
  const messages = createMessages(DESCRIPTORS);
  return Object.entries(rpcs).map(([name, [audience, answer]]) => ({
    name,
    kind: 'unary',
    audience,
    handle: async (message, call) => {
      const response = await answer(messages.decode(`inference.${name}Request`, message), call);
      return messages.encode(`inference.${name}Response`, response as JsonObject);
    },
  }));
}

/** An empty text is one that was not given. */
export function givenText(value: JsonValue | undefined): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** Of a map whose values are messages with one of several fields. */
export function chosenValues(map: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(map).map(([name, choice]) => [name, isRecord(choice) ? Object.values(choice)[0] : choice]),
  );
}
