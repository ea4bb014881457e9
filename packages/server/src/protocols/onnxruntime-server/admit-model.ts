/** Which model a request is for: this server's clients may name any, and those of gRPC name none. */
import type { Admission } from '../../core/admission.ts';
import type { DataPlane } from '../../core/data-plane.ts';
import { ServeError } from '../../core/errors.ts';

/** What a request says of it. */
export interface AskedModel {
  /** Undefined for a request that names none. */
  readonly name?: string | undefined;
  /** Undefined for the default one. */
  readonly version?: string | undefined;
}

/** What a single file is called, see `model_path`. */
const NAMELESS = 'default';

/**
 * @param takesAnyName whether a server of one model takes every name and version for that one
 * @throws ServeError as `DataPlane.admit`; `invalid_argument` where a name is needed, `no_worker` where nothing is loaded yet
 */
export function admitModel(dataPlane: DataPlane, { name, version }: AskedModel, takesAnyName: boolean): Admission {
  if (name !== undefined && !takesAnyName) return dataPlane.admit(name, version);
  const names = dataPlane.modelNames();
  if (names.length === 0 && !dataPlane.isReady()) {
    throw new ServeError(
      'no_worker',
      'No model can serve: GET /ready tells what is being loaded, and what could not be',
    );
  }
  if (names.length > 1) return dataPlane.admit(name ?? namelessOf(names), version);
  const only = names[0] ?? NAMELESS;
  if (version === undefined) return dataPlane.admit(only);
  try {
    return dataPlane.admit(only, version);
  } catch (error) {
    if (takesAnyName && error instanceof ServeError && error.code === 'version_not_found') return dataPlane.admit(only);
    throw error;
  }
}

function namelessOf(names: readonly string[]): string {
  if (names.includes(NAMELESS)) return NAMELESS;
  const advice = 'name one in the path, over gRPC in the metadata model-name';
  throw new ServeError('invalid_argument', `The request names no model, and ${names.length} are served: ${advice}`);
}
