/** What the codec in the worker tells the endpoints in the daemon about an answer. */
export interface ReplyMeta {
  readonly contentType: string;
  /** Headers that the handler set. */
  readonly headers: Readonly<Record<string, string>>;
  /** Status that the handler set; 200 otherwise. */
  readonly status?: number;
  readonly reason?: string;
}
