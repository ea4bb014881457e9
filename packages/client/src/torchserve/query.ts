/** Parameters in the query of a path. */

/** A value of a parameter; undefined for one that is left out. */
export type QueryValue = string | number | boolean | undefined;

/** `?url=…&initial_workers=1`; empty without any. @param parameters names in camel case */
export function queryOf(parameters: Readonly<Record<string, QueryValue>>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== undefined) query.set(snakeCase(name), String(value));
  }
  const text = query.toString();
  return text === '' ? '' : `?${text}`;
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
