/** Experiments in a file of SQLite, which the workers of a server share. */
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { ExperimentDatabase } from './database.ts';
import { migrationsFrom, SCHEMA_VERSION, type Dialect } from './migrations.ts';
import { openSqlite, type SqliteDriver, type SqliteStatement } from './sqlite-driver.ts';
import * as statements from './statements.ts';
import { storeErrors } from './store-error.ts';

const DIALECT: Dialect = { rowNumber: 'INTEGER PRIMARY KEY AUTOINCREMENT', integer: 'INTEGER', float: 'REAL' };

/** A transaction that writes has the whole file. */
const LOCK = '';

/** So long it waits for another process that writes. */
const BUSY_MS = 5000;

/** @param file absolute path; `:memory:` for a database of this process, of which nothing stays @throws StoreError where it cannot be opened */
export async function openSqliteDatabase(file: string): Promise<ExperimentDatabase> {
  return storeErrors(file, async () => {
    if (file !== ':memory:') await mkdir(path.dirname(file), { recursive: true });
    const driver = await openSqlite(file);
    try {
      driver.exec(`PRAGMA busy_timeout = ${BUSY_MS}; PRAGMA journal_mode = WAL;`);
      migrate(driver);
    } catch (error) {
      driver.close();
      throw error;
    }
    return databaseOf(file, driver);
  });
}

function migrate(driver: SqliteDriver): void {
  const versionOf = () => Number(driver.prepare('PRAGMA user_version').all({})[0]?.['user_version']);
  if (versionOf() === SCHEMA_VERSION) return;
  inTransaction(driver, 'IMMEDIATE', () => {
    for (const migration of migrationsFrom(versionOf(), DIALECT)) driver.exec(migration);
    driver.exec(`PRAGMA user_version = ${SCHEMA_VERSION}`);
  });
}

function inTransaction<T>(driver: SqliteDriver, kind: 'IMMEDIATE' | 'DEFERRED', work: () => T): T {
  driver.exec(`BEGIN ${kind}`);
  try {
    const result = work();
    driver.exec('COMMIT');
    return result;
  } catch (error) {
    // Some errors have ended it already.
    try {
      driver.exec('ROLLBACK');
    } catch {}
    throw error;
  }
}

function databaseOf(file: string, driver: SqliteDriver): ExperimentDatabase {
  const told = <T>(work: () => T) => storeErrors(file, work);
  const ready = new Map<string, SqliteStatement>();
  const run = <T>(transaction: statements.Transaction<T>): T => {
    let step = transaction.next();
    while (step.done !== true) {
      const { text, values } = step.value;
      const statement = ready.get(text) ?? driver.prepare(text);
      ready.set(text, statement);
      step = transaction.next(statement.all(Object.fromEntries(values.map((value, index) => [index + 1, value]))));
    }
    return step.value;
  };
  const read = <T>(transaction: statements.Transaction<T>) =>
    told(() => inTransaction(driver, 'DEFERRED', () => run(transaction)));
  // What is written is on the disk when it is answered: in WAL mode, NORMAL would keep it from a crash of the process alone.
  const write = <T>(transaction: statements.Transaction<T>) => told(() => writeNow(transaction, 'FULL'));
  const writeNow = <T>(transaction: statements.Transaction<T>, synchronous: 'FULL' | 'NORMAL'): T => {
    driver.exec(`PRAGMA synchronous = ${synchronous}`);
    return inTransaction(driver, 'IMMEDIATE', () => run(transaction));
  };
  return {
    readDocument: (experiment, kind) => read(statements.readDocument(experiment, kind)),
    updateDocument: (experiment, kind, change) =>
      write(statements.updateDocument({ experiment, kind, lock: LOCK }, change)),
    // A decision that is lost is none that anybody was told of.
    addDecisions: (decisions) => told(() => writeNow(statements.addDecisions(decisions), 'NORMAL')),
    addDecisionsNow: (decisions) => writeNow(statements.addDecisions(decisions), 'NORMAL'),
    readState: (experiment) => read(statements.readState(experiment)),
    addFeedback: (feedback, learners) => write(statements.addAllFeedback(feedback, { lock: LOCK, learners })),
    reset: (experiment) => write(statements.reset(experiment, Date.now())),
    expire: (kept) => told(() => writeNow(statements.expire(kept), 'NORMAL')),
    close: () => Promise.resolve().then(() => void driver.close()),
  };
}
