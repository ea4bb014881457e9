/** What those have in common who say what a key is: file, log config, flags, environment. */

/** Where settings may come from. */
export interface ConfigSources {
  /** Key → text, from the command line. */
  readonly flags?: Readonly<Record<string, string>>;
  /** `--ts-config`; `TS_CONFIG_FILE` wins over it. */
  readonly configFile?: string;
  /** Environment of the process: `TS_` variables are keys, where the key may come from there. */
  readonly env: NodeJS.ProcessEnv;
  /** Folder that relative paths start from, and where `config.properties` is looked for. */
  readonly cwd: string;
}

/** The text that somebody gave a key. */
export interface Setting {
  /** As it was written. */
  readonly text: string;
  /** Who gave it, as the beginning of a message: `--batch-size`, `config.properties:3: batch_size`. */
  readonly origin: string;
  /** The key that it was given to, where another one has its value. */
  readonly key?: string;
}

/** Key → setting; all keys are known ones. */
export type Layer = ReadonlyMap<string, Setting>;

/** Collects what there is to say about a configuration. */
export interface Report {
  /** What keeps the server from starting, a sentence each. */
  readonly problems: string[];
  /** What is odd but no error, a sentence each. */
  readonly warnings: string[];
}
