/** Paths of PEM files. */
export interface Pair {
  readonly key: string;
  readonly cert: string;
}
export interface Authority {
  readonly folder: string;
  /** Its own certificate and key. */
  readonly own: Pair;
  /** A certificate for localhost, or for a client. */
  issue(
    name: string,
    options?: {
      readonly isExpired?: boolean;
    },
  ): Promise<Pair>;
  /** Runs openssl in the folder. */
  openssl(...args: readonly string[]): Promise<string>;
  close(): Promise<void>;
}
export declare function createAuthority(name?: string): Promise<Authority>;
//# sourceMappingURL=certificates.d.ts.map
