/** What reads and writes messages of Seldon Core, for whoever brings them to handlers. */
export { SeldonCall } from './seldon-message.ts';
export type { SeldonMessage, SeldonMethod, UnitName } from './seldon-message.ts';
export { checkedBody } from './checked-body.ts';
export { statusCodeOf } from './status-code.ts';
export { payloadOf } from './payload.ts';
export { replyMessage } from './reply-message.ts';
export { snakeCase } from './snake-case.ts';
