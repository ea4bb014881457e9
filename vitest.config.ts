import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

/** What measures memory or times, or takes the whole machine: one file at a time, when all others are done. */
const ALONE = [
  'test/chaos/**/*.test.ts',
  'test/contract/prometheus-metrics.test.ts',
  'test/e2e/{early-binding,lifecycle,management-parameters,request-memory,worker-storm}.test.ts',
  'packages/server/src/threads/task-thread.test.ts',
];

/** What takes minutes: other servers that are installed and measured, packages that are installed as from npm, and faults. */
const LONG =
  process.env.MARSERVE_TESTS === 'long'
    ? []
    : [
        'bench/peer-run/main.test.ts',
        'test/chaos/**/*.test.ts',
        'test/docs/{example-readmes,installed}.test.ts',
        'test/e2e/shared-experiments.test.ts',
      ];

/** Files; most wait for processes that start, and for time to pass, so that two cores have work for three. Vitest's default on two cores is one. */
const AT_ONCE = Math.max(3, Math.floor(availableParallelism() / 2));

export default defineConfig({
  test: {
    environment: 'node',
    pool: 'forks',
    // A busy machine may take a while; what is waited for is an event, and this only its absence.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    expect: { poll: { timeout: 60_000 } },
    env: { ORT_DISABLE_TELEMETRY: '1' },
    projects: [
      {
        extends: true,
        test: {
          name: 'side by side',
          include: [
            'packages/*/src/**/*.test.ts',
            'test/**/*.test.ts',
            'bench/**/*.test.ts',
            'examples/{digit-search,house-price,linucb}/**/*.test.ts',
          ],
          exclude: [...ALONE, ...LONG, '**/node_modules/**'],
          // A process and its imports take a second, longer than most files; each leaves its process as it found it.
          isolate: false,
          setupFiles: 'test/helpers/keep-folder.ts',
          maxWorkers: AT_ONCE,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: 'alone',
          include: ALONE,
          exclude: [...LONG, '**/node_modules/**'],
          maxWorkers: 1,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
