/** The tables of a database of experiments, by the versions of their schema. */

/** What the databases spell in ways of their own. */
export interface Dialect {
  /** A number that each new row gets, greater than those before. */
  readonly rowNumber: string;
  /** Of 64 bits. */
  readonly integer: string;
  /** Of 64 bits. */
  readonly float: string;
}

/** Each leads from the version before to its own, the first to 1. What was released is never changed. */
const MIGRATIONS: readonly ((dialect: Dialect) => string)[] = [
  ({ rowNumber, integer, float }) => `
    CREATE TABLE documents (experiment TEXT NOT NULL, kind TEXT NOT NULL, value TEXT, PRIMARY KEY (experiment, kind));
    CREATE TABLE arms (
      experiment TEXT NOT NULL,
      arm TEXT NOT NULL,
      requests ${integer} NOT NULL DEFAULT 0,
      rewards ${integer} NOT NULL DEFAULT 0,
      sum ${float} NOT NULL DEFAULT 0,
      squares ${float} NOT NULL DEFAULT 0,
      zeros_ones ${integer} NOT NULL DEFAULT 0,
      PRIMARY KEY (experiment, arm)
    );
    CREATE TABLE decisions (
      number ${rowNumber},
      experiment TEXT NOT NULL,
      request TEXT NOT NULL,
      arm TEXT NOT NULL,
      items ${integer} NOT NULL,
      at ${integer} NOT NULL,
      UNIQUE (request, experiment)
    );
    CREATE INDEX decisions_at ON decisions (at);
    CREATE TABLE feedback (
      number ${rowNumber},
      experiment TEXT NOT NULL,
      id TEXT NOT NULL,
      at ${integer} NOT NULL,
      UNIQUE (experiment, id)
    );
    CREATE INDEX feedback_at ON feedback (at);`,
  () => 'ALTER TABLE decisions ADD COLUMN features TEXT',
];

/** The version that this program writes. */
export const SCHEMA_VERSION = MIGRATIONS.length;

/** What leads from a version to the present one. @throws Error for one of a later program */
export function migrationsFrom(version: number, dialect: Dialect): string[] {
  if (version <= SCHEMA_VERSION) return MIGRATIONS.slice(version).map((migration) => migration(dialect));
  throw new Error(
    `its schema has version ${version}, of a later marserve than this one, which knows ${SCHEMA_VERSION}: update this one, or name another place`,
  );
}
