/** Where a request goes. */

/** One address of a server. */
export interface Host {
  /** Scheme, name, port and path before those of the protocol, without a slash at the end; as errors show it. */
  readonly url: string;
  /** The one of several that its name has; undefined where the platform finds it. */
  readonly address?: string | undefined;
}

/** The same for the same address. */
export function hostKey({ url, address = '' }: Host): string {
  return `${url} ${address}`;
}
