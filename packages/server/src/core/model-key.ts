/** Name and version: the identity of one registered thing. */
export interface ModelKey {
  readonly name: string;
  readonly version: string;
}

/** `name:version`, for logs and map keys; a name never holds a colon. */
export function formatModelKey(key: ModelKey): string {
  return `${key.name}:${key.version}`;
}
