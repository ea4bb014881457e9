/** The database of experiments that a place names. */
import type { ExperimentDatabase } from './database.ts';

/** @param store absolute path, `:memory:`, `postgres://…` @throws StoreError where it cannot be opened */
export async function openDatabase(store: string): Promise<ExperimentDatabase> {
  if (/^postgres(ql)?:\/\//.test(store)) {
    const { openPostgresDatabase } = await import('./postgres-database.ts');
    return openPostgresDatabase(store);
  }
  const { openSqliteDatabase } = await import('./sqlite-database.ts');
  return openSqliteDatabase(store);
}
