import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { migrationsFrom } from './migrations.ts';
import { openDatabase } from './open-database.ts';
import { readControl } from './read-control.ts';
import { RecordedStore } from './recorded-store.ts';
import { openSqlite } from './sqlite-driver.ts';

describe('a file of an earlier version', () => {
  it('goes on with what it has', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'experiments-'));
    const file = path.join(folder, 'old.sqlite');
    const driver = await openSqlite(file);
    const dialect = { rowNumber: 'INTEGER PRIMARY KEY AUTOINCREMENT', integer: 'INTEGER', float: 'REAL' };
    driver.exec(`${migrationsFrom(0, dialect)[0]}; PRAGMA user_version = 1;
      INSERT INTO decisions (experiment, request, arm, items, at) VALUES ('m/ab', 'r1', 'a', 1, ${Date.now()})`);
    driver.close();
    const store = new RecordedStore({
      model: 'm',
      maxAgeMs: 3_600_000,
      maxDecisions: 10,
      open: () => openDatabase(file),
    });
    try {
      store.noteDecision('ab', { request: 'r2', arm: 'b', features: '7' });
      const told: unknown[] = [];
      const learners = new Map([['ab', (_: unknown, counted: readonly unknown[]) => told.push(...counted)]]);
      const outcomes = await store.addFeedback(
        ['r1', 'r2'].map((request) => ({ request, rewards: [1] })),
        learners,
      );
      expect(outcomes.map(({ kind }) => kind)).toEqual(['counted', 'counted']);
      expect(told).toMatchObject([
        { arm: 'a', features: undefined },
        { arm: 'b', features: 7 },
      ]);
    } finally {
      await store.close();
      await rm(folder, { recursive: true, force: true });
    }
  });
});

describe('a store', () => {
  it('freezes what a policy knows as well', async () => {
    const store = new RecordedStore({
      model: 'm',
      maxAgeMs: 1000,
      maxDecisions: 10,
      open: () => openDatabase(':memory:'),
    });
    await store.updateDocument('ab', () => ({ known: 1 }));
    const { document } = await store.readState('ab');
    await store.updateControl('ab', readControl({ frozen: true }, ['a']));
    await store.updateControl('ab', readControl({ weights: { a: 1 } }, ['a']));
    await store.updateDocument('ab', () => ({ known: 2 }));
    const { control, document: later } = await store.readState('ab');
    expect([document, control.frozenDocument, later]).toEqual([{ known: 1 }, { known: 1 }, { known: 2 }]);
    await store.updateControl('ab', readControl({ frozen: false }, ['a']));
    expect((await store.readState('ab')).control).toEqual({ weights: { a: 1 } });
    await store.close();
  });
});

describe('a store that cannot be written', () => {
  it('lets requests be answered, says why, and refuses feedback with 503', async () => {
    const problems: (string | undefined)[] = [];
    const store = new RecordedStore({
      model: 'm',
      maxAgeMs: 1000,
      maxDecisions: 10,
      open: () => openDatabase('/dev/null/experiments.sqlite'),
      onProblem: (problem) => problems.push(problem),
    });
    store.noteDecision('ab', { request: 'r1', arm: 'a' });
    expect(await store.readArms('ab')).toMatchObject([{ arm: 'a', requests: 1 }]);
    await expect(store.addFeedback([{ request: 'r1', rewards: [1] }])).rejects.toMatchObject({ status: 503 });
    expect(store.problem).toContain('/dev/null/experiments.sqlite');
    expect(problems).toEqual([store.problem]);
    await store.close();
  });
});
