/** Messages of protobuf as JSON values, by what their descriptors say; for those that are rare and small. */
import {
  createFileRegistry,
  fromBinary,
  fromJson,
  toBinary,
  toJson,
  type DescMessage,
  type FileRegistry,
  type JsonObject,
  type JsonValue,
} from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { ServeError, messageOf } from '../../core/errors.ts';

/** The messages of a set of files. */
export interface Messages {
  /**
   * Every field by its name in the file; bytes in base64, integers of 64 bits as texts.
   * @param type full name of the message
   * @throws ServeError `invalid_argument` for bytes that are no such message
   */
  decode(type: string, bytes: Uint8Array): JsonObject;
  /** @throws Error for a value that is no such message */
  encode(type: string, value: JsonValue): Uint8Array;
}

/** @param descriptors a google.protobuf.FileDescriptorSet in base64 */
export function createMessages(descriptors: string): Messages {
  const registry = readDescriptors(descriptors);
  const options = { registry, alwaysEmitImplicit: true, useProtoFieldName: true };
  const find = (type: string): DescMessage => {
    const found = registry.getMessage(type);
    if (found === undefined) throw new Error(`there is no message ${type}`);
    return found;
  };
  return {
    decode(type, bytes) {
      const message = find(type);
      return refusing(type, () => toJson(message, fromBinary(message, bytes), options)) as JsonObject;
    },
    encode(type, value) {
      const message = find(type);
      return toBinary(message, fromJson(message, value, { registry }));
    },
  };
}

/** @param descriptors a google.protobuf.FileDescriptorSet in base64 */
export function readDescriptors(descriptors: string): FileRegistry {
  return createFileRegistry(fromBinary(FileDescriptorSetSchema, Buffer.from(descriptors, 'base64')));
}

/** What reads a message of a client. @throws ServeError `invalid_argument` for bytes that are none */
export function refusing<T>(type: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new ServeError('invalid_argument', `The message is no ${type}: ${messageOf(error)}`, { cause: error });
  }
}
