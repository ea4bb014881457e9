/** TorchServe's management API over gRPC: the calls of the REST API, with messages for parameters (torchserve.md 6.2). */
import type { JsonObject } from '@bufbuild/protobuf';
import { ServeError } from '../../core/errors.ts';
import { createMessages, type Messages } from '../grpc/messages.ts';
import type { PlainCall, RpcService, UnaryRpc } from '../rpc.ts';
import { DESCRIPTORS } from './descriptors.ts';
import { jsonText } from '../json-response.ts';
import { createManagementHandlers, type ManagementHandler, type ManagementOptions } from './management-handlers.ts';
import { Parameters } from './parameters.ts';

const PACKAGE = 'org.pytorch.serve.grpc.management';

/** `DescribeModel`, `ListModels`, `RegisterModel`, `ScaleWorker`, `SetDefault` and `UnregisterModel`. */
export function createManagementService(options: ManagementOptions): RpcService {
  const handlers = createManagementHandlers(options);
  const messages = createMessages(DESCRIPTORS);
  const rpc = (name: string, handler: ManagementHandler) => managementRpc(name, handler, messages);
  return {
    name: `${PACKAGE}.ManagementAPIsService`,
    rpcs: [
      rpc('DescribeModel', handlers.describe),
      rpc('ListModels', handlers.list),
      rpc('RegisterModel', handlers.register),
      rpc('ScaleWorker', handlers.scale),
      rpc('SetDefault', handlers.setDefault),
      rpc('UnregisterModel', handlers.unregister),
    ],
  };
}

/** Those whose message has no word for the name that it asks for. */
const NAMELESS = new Set(['ListModels', 'RegisterModel']);

function managementRpc(name: string, handler: ManagementHandler, messages: Messages): UnaryRpc {
  const request = `${PACKAGE}.${name}Request`;
  return {
    name,
    kind: 'unary',
    audience: 'management',
    async handle(message, call) {
      const fields = givenFields(messages.decode(request, message));
      if (!NAMELESS.has(name) && !('model_name' in fields)) {
        throw new ServeError('invalid_argument', 'Parameter model_name is required.');
      }
      const params = NAMELESS.has(name) ? {} : fields;
      const answer = await handler(
        { ...call, params },
        new Parameters(new Map([...metadata(call), ...Object.entries(fields)])),
      );
      const msg = answer.message ?? jsonText(answer.value);
      return messages.encode(`${PACKAGE}.ManagementResponse`, { msg });
    },
  };
}

/** Parameters of the REST API for which TorchServe's messages have no field. */
const WITHOUT_FIELD = ['force', 'wait_for_nodes'];

function metadata(call: PlainCall): [string, string][] {
  return WITHOUT_FIELD.flatMap((name) => {
    const value = call.header(name);
    return value === undefined ? [] : [[name, value]];
  });
}

/** An empty text, and a number up to 0, stand for the default: proto3 does not tell whether they were given. */
function givenFields(message: JsonObject): Record<string, string> {
  const isGiven = (value: unknown) => value !== '' && !(typeof value === 'number' && value <= 0);
  const given = Object.entries(message).filter(([, value]) => isGiven(value));
  return Object.fromEntries(
    given.map(([name, value]) => [name, typeof value === 'string' ? value : JSON.stringify(value)]),
  );
}
