/** Where the text of the log goes. */
export interface TextSink {
  /** Resolves when all of it is written. @throws what the operating system says; part of it may be written then */
  write(text: string): Promise<void>;
  /** For the last words of a process. @throws what the operating system says */
  writeSync(text: string): void;
  /** Opens the file anew, when it was renamed by somebody else. @returns false when there is none @throws what the operating system says */
  reopen(): boolean;
}
