/** Lets glob patterns match links that lead nowhere, which would be left out in silence otherwise. */
import fs from 'node:fs';
import type { GlobOptions } from 'tinyglobby';

type FileSystem = NonNullable<GlobOptions['fs']>;
type Stat = (path: string, done: (error: Error | null, stats: fs.Stats) => void) => void;
type RealPath = (path: string, done: (error: Error | null, real: string) => void) => void;

const stat: Stat = (path, done) =>
  fs.stat(path, (error, stats) => (error === null ? done(null, stats) : fs.lstat(path, done)));
const realpath: RealPath = (path, done) => fs.realpath(path, (error, real) => done(null, error === null ? real : path));

/** For tinyglobby, which calls these two for links alone. */
export const DEAD_LINKS_TOO = { stat, realpath } as FileSystem;
