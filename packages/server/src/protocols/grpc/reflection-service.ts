/** Server reflection, by which clients without the .proto files ask for them. */
import { toBinary, type FileRegistry, type DescFile, type JsonObject } from '@bufbuild/protobuf';
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';
import { RPC_CODES, type RpcService } from '../rpc.ts';
import { DESCRIPTORS } from './descriptors.ts';
import { createMessages, readDescriptors } from './messages.ts';

const MESSAGES = 'grpc.reflection.v1';

/** The newer and the older name; their messages are the same. @param sets FileDescriptorSets in base64 */
export function createReflectionServices(services: readonly string[], sets: readonly string[]): RpcService[] {
  const registries = sets.map(readDescriptors);
  const messages = createMessages(DESCRIPTORS);
  const answer = (message: Buffer) => {
    const request = messages.decode(`${MESSAGES}.ServerReflectionRequest`, message);
    const response = { original_request: request, ...answerTo(request, services, registries) };
    return messages.encode(`${MESSAGES}.ServerReflectionResponse`, response);
  };
  return [MESSAGES, 'grpc.reflection.v1alpha'].map((name) => ({
    name: `${name}.ServerReflection`,
    rpcs: [
      {
        name: 'ServerReflectionInfo',
        kind: 'duplex',
        audience: 'open',
        async *handle(requests) {
          for await (const message of requests) yield answer(message);
        },
      },
    ],
  }));
}

function answerTo(request: JsonObject, services: readonly string[], registries: readonly FileRegistry[]): JsonObject {
  if ('list_services' in request) {
    return { list_services_response: { service: services.map((name) => ({ name })) } };
  }
  const { file_by_filename: fileName, file_containing_symbol: symbol = '' } = request as Partial<
    Record<string, string>
  >;
  for (const registry of registries) {
    const file = fileName === undefined ? fileOf(registry, symbol) : fileNamed(registry, fileName);
    if (file !== undefined)
      return { file_descriptor_response: { file_descriptor_proto: withImports(file).map(encode) } };
  }
  const error_message = `Nothing is known of ${JSON.stringify(fileName ?? symbol)}`;
  return { error_response: { error_code: RPC_CODES.NOT_FOUND, error_message } };
}

function fileNamed(registry: FileRegistry, name: string): DescFile | undefined {
  return [...registry.files].find((file) => file.proto.name === name);
}

/** Methods and fields are in the file of what they belong to. */
function fileOf(registry: FileRegistry, symbol: string): DescFile | undefined {
  return (registry.get(symbol) ?? registry.get(symbol.replace(/\.[^.]*$/, '')))?.file;
}

/** It, and what it imports. */
function withImports(file: DescFile): DescFile[] {
  return [...new Set([file, ...file.dependencies.flatMap(withImports)])];
}

function encode({ proto }: DescFile): string {
  return Buffer.from(toBinary(FileDescriptorProtoSchema, proto)).toString('base64');
}
