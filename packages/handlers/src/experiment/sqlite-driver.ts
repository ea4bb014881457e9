/** SQLite in this process: better-sqlite3, or Node's own where that is not installed. */
import type { SqlRow, SqlValue } from './statements.ts';

/** What both have. */
export interface SqliteDriver {
  /** Runs statements without places. */
  exec(text: string): unknown;
  /** Makes a statement ready. */
  prepare(text: string): SqliteStatement;
  /** Closes the file. */
  close(): unknown;
}

/** A statement of both. */
export interface SqliteStatement {
  /** Its rows; none of one that gives none. */
  all(values: Readonly<Record<string, SqlValue>>): readonly SqlRow[];
}

/** Opens a file, which is made where there is none. @throws Error with what is to be installed; whatever SQLite throws */
export async function openSqlite(file: string): Promise<SqliteDriver> {
  const BetterSqlite = await importBetterSqlite();
  if (BetterSqlite !== undefined) return adapted(new BetterSqlite(file));
  const Own = process.getBuiltinModule('node:sqlite' as 'node:fs') as unknown as NodeSqlite | undefined;
  if (Own !== undefined) return new Own.DatabaseSync(file);
  throw new Error(
    'better-sqlite3 is not installed, or has no binary for this Node. Install it beside marserve: npm install better-sqlite3@12',
  );
}

interface NodeSqlite {
  readonly DatabaseSync: new (file: string) => SqliteDriver;
}

async function importBetterSqlite() {
  try {
    const { default: BetterSqlite } = await import('better-sqlite3');
    // Its binary is loaded by the first one.
    new BetterSqlite(':memory:').close();
    return BetterSqlite;
  } catch {
    return undefined;
  }
}

type BetterSqlite = InstanceType<NonNullable<Awaited<ReturnType<typeof importBetterSqlite>>>>;

/** It refuses to ask for the rows of a statement that gives none. */
function adapted(database: BetterSqlite): SqliteDriver {
  return {
    exec: (text) => database.exec(text),
    prepare(text) {
      const statement = database.prepare(text);
      return {
        all(values) {
          if (statement.reader) return statement.all(values) as SqlRow[];
          statement.run(values);
          return [];
        },
      };
    },
    close: () => database.close(),
  };
}
