/** What reads and writes messages of Seldon Core, for whoever brings them to handlers. */
export { SeldonCall } from './seldon-message.ts';
export type { SeldonMessage, SeldonMethod } from './seldon-message.ts';
export { payloadOf, type Payload, type PayloadKind } from './payload.ts';
export { replyMessage, type ReplyFacts } from './reply-message.ts';
