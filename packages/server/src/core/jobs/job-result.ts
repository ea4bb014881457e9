/** What came back for one job, or a part of it: bytes, and facts beside them that only the protocol's codec and endpoints understand. */
export interface JobResult {
  /** Such as a media type or a status; JSON, from the codec, opaque here. */
  readonly meta: unknown;
  /** Empty when there is nothing to say. */
  readonly body: Uint8Array;
}
