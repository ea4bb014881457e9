/** Names as Python and protobuf spell them. */

/** `classNames` → `class_names`. */
export function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
