import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: [
      'packages/*/src/**/*.test.ts',
      'test/**/*.test.ts',
      'bench/**/*.test.ts',
      'examples/{digit-search,house-price}/**/*.test.ts',
    ],
    environment: 'node',
    pool: 'forks',
    // A busy machine may take a while; what is waited for is an event, and this only its absence.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    expect: { poll: { timeout: 60_000 } },
    env: { ORT_DISABLE_TELEMETRY: '1' },
  },
});
