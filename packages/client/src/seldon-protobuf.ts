/** Seldon's messages in protobuf, for those who speak its gRPC themselves; Node alone. */
export {
  FEEDBACK,
  GRAPH_METADATA,
  MODEL_METADATA,
  SELDON_MESSAGE,
  SELDON_MESSAGE_LIST,
  type Field,
  type Kind,
  type MessageType,
} from './seldon/protobuf/message-types.ts';
export { readMessage } from './seldon/protobuf/read-message.ts';
export { writeMessage } from './seldon/protobuf/write-message.ts';
