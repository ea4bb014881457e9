/** What the server is, in the protocol's words. */

/** What works beyond the protocol itself. */
export const EXTENSIONS = ['binary_tensor_data', 'model_configuration', 'parameters'] as const;

export interface ServerMetadata {
  readonly name: string;
  readonly version: string;
  readonly extensions: readonly string[];
}

export function serverMetadata(version: string): ServerMetadata {
  return { name: 'marserve', version, extensions: EXTENSIONS };
}
