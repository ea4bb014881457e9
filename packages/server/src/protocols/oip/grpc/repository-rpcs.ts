/** Triton's model repository extension; it is for whoever may manage models. */
import type { JsonObject } from '@bufbuild/protobuf';
import { ServeError } from '../../../core/errors.ts';
import { isRecord } from '../../is-record.ts';
import type { Planes } from '../../protocol.ts';
import type { PlainCall, UnaryRpc } from '../../rpc.ts';
import { createRepository, type RepositoryParameters } from '../models/repository.ts';
import { chosenValues, createJsonRpcs, givenText, type JsonRpc } from './json-rpcs.ts';

/** `RepositoryIndex`, `RepositoryModelLoad` and `RepositoryModelUnload`. */
export function createRepositoryRpcs(planes: Planes): UnaryRpc[] {
  const repository = createRepository(planes);
  return createJsonRpcs({
    RepositoryIndex: [
      'management',
      async (request) => {
        refuseNames(request);
        return { models: await repository.index(request.ready === true) };
      },
    ],
    RepositoryModelLoad: change((name, parameters, { caller }) => repository.load(name, parameters, caller)),
    RepositoryModelUnload: change((name, parameters) => repository.unload(name, parameters)),
  });
}

type Change = (name: string, parameters: RepositoryParameters, call: PlainCall) => Promise<void>;

function change(apply: Change): JsonRpc {
  return [
    'management',
    async (request, call) => {
      refuseNames(request);
      const name = givenText(request.model_name);
      if (name === undefined) throw new ServeError('invalid_argument', 'The request: expected a model_name, got none');
      const { parameters } = request;
      await apply(name, isRecord(parameters) ? chosenValues(parameters) : {}, call);
      return {};
    },
  ];
}

function refuseNames({ repository_name: name }: JsonObject): void {
  if (givenText(name) === undefined) return;
  throw new ServeError(
    'not_implemented',
    'There is one model repository, and it has no name: leave repository_name out',
  );
}
