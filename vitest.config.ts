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
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // A busy machine may take a while; what is waited for is an event, and this only its absence.
    expect: { poll: { timeout: 20_000 } },
    env: { ORT_DISABLE_TELEMETRY: '1' },
  },
});
