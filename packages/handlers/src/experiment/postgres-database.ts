/** Experiments in a database of PostgreSQL, which several servers share. */
import type { Pool, PoolClient } from 'pg';
import type { ExperimentDatabase } from './database.ts';
import { migrationsFrom, SCHEMA_VERSION, type Dialect } from './migrations.ts';
import * as statements from './statements.ts';
import { storeErrors } from './store-error.ts';

const DIALECT: Dialect = {
  rowNumber: 'BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY',
  integer: 'BIGINT',
  float: 'DOUBLE PRECISION',
};

/** Of the tables, so that they may be in a database beside others. */
const SCHEMA = 'marserve';
/** Any number: those that make the tables wait for each other by it. */
const MIGRATION = 7_310_242;
/** What keeps others from a row until the transaction is over. */
const LOCK = 'FOR UPDATE';
const CONNECTIONS = 2;
/** A database that does not answer is waited for no longer. */
const TIMEOUT_MS = 5000;

/** @param url `postgres://user:password@host/database` @throws StoreError where it cannot be reached, or `pg` is not installed */
export function openPostgresDatabase(url: string): Promise<ExperimentDatabase> {
  const place = placeOf(url);
  return storeErrors(place, async () => {
    const pool = await openPool(url);
    try {
      await transact(pool, migrate);
    } catch (error) {
      await pool.end();
      throw error;
    }
    return databaseOf(place, pool);
  });
}

/** Without the password. */
function placeOf(url: string): string {
  const { host, pathname } = new URL(url);
  return `PostgreSQL at ${host}${pathname}`;
}

async function openPool(url: string): Promise<Pool> {
  const pg = await import('pg').catch((error: unknown) => {
    throw new Error('pg is not installed. Install it beside marserve: npm install pg@8', { cause: error });
  });
  const pool = new pg.default.Pool({
    connectionString: url,
    max: CONNECTIONS,
    connectionTimeoutMillis: TIMEOUT_MS,
    query_timeout: TIMEOUT_MS,
    statement_timeout: TIMEOUT_MS,
    keepAlive: true,
    application_name: 'marserve',
    allowExitOnIdle: true,
  });
  // A connection that is lost while nobody uses it is opened again when somebody does.
  pool.on('error', () => {});
  return pool;
}

async function migrate(client: PoolClient): Promise<void> {
  await client.query(`SELECT pg_advisory_xact_lock(${MIGRATION})`);
  await client.query(`CREATE SCHEMA IF NOT EXISTS ${SCHEMA}`);
  await client.query(`SET LOCAL search_path TO ${SCHEMA}`);
  await client.query('CREATE TABLE IF NOT EXISTS versions (version INTEGER PRIMARY KEY)');
  const { rows } = await client.query<{ version: number }>('SELECT max(version) AS version FROM versions');
  const version = rows[0]?.version ?? 0;
  if (version === SCHEMA_VERSION) return;
  for (const migration of migrationsFrom(version, DIALECT)) await client.query(migration);
  await client.query('INSERT INTO versions VALUES ($1)', [SCHEMA_VERSION]);
}

/** Deadlocks, and transactions that cannot be put in an order, are the database's to solve by ending one, which comes again. */
const AGAIN = new Set(['40P01', '40001']);
const TRIES = 5;

async function transact<T>(pool: Pool, work: (client: PoolClient) => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    const client = await pool.connect();
    let failure: Error | undefined;
    try {
      await client.query('BEGIN');
      const result = await work(client);
      await client.query('COMMIT');
      return result;
    } catch (error) {
      failure = await rolledBack(client, error);
      if (tries >= TRIES || !AGAIN.has(codeOf(error))) throw error;
    } finally {
      // One in which something is open is of no use to others.
      client.release(failure);
    }
  }
}

async function rolledBack(client: PoolClient, error: unknown): Promise<Error | undefined> {
  try {
    await client.query('ROLLBACK');
    return undefined;
  } catch {
    return error instanceof Error ? error : new Error(String(error));
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

function databaseOf(place: string, pool: Pool): ExperimentDatabase {
  const run = <T>(begin: () => statements.Transaction<T>): Promise<T> =>
    storeErrors(place, () =>
      transact(pool, async (client) => {
        await client.query(`SET LOCAL search_path TO ${SCHEMA}`);
        const transaction = begin();
        let step = transaction.next();
        while (step.done !== true) {
          const { text, values } = step.value;
          const { rows } = await client.query<statements.SqlRow>(text, [...values]);
          step = transaction.next(rows);
        }
        return step.value;
      }),
    );
  return {
    readDocument: (experiment, kind) => run(() => statements.readDocument(experiment, kind)),
    updateDocument: (experiment, kind, change) =>
      run(() => statements.updateDocument({ experiment, kind, lock: LOCK }, change)),
    addDecisions: (decisions) => run(() => statements.addDecisions(decisions)),
    readState: (experiment) => run(() => statements.readState(experiment)),
    addFeedback: (feedback, learners) => run(() => statements.addAllFeedback(feedback, { lock: LOCK, learners })),
    reset: (experiment) => run(() => statements.reset(experiment, Date.now())),
    expire: ({ since, most }) => run(() => statements.expire({ since: Math.max(since, 0), most })),
    close: () => pool.end(),
  };
}
