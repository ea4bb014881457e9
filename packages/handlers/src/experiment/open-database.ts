/** The database of experiments that a place names. */
import type { ExperimentDatabase } from './database.ts';

/** @param store absolute path, `:memory:` @throws StoreError where it cannot be opened */
export async function openDatabase(store: string): Promise<ExperimentDatabase> {
  const { openSqliteDatabase } = await import('./sqlite-database.ts');
  return openSqliteDatabase(store);
}
