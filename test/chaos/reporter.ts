/** Reports a run of the scenarios: how far it is, the table at the end, and the same as a file. */
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Reporter, TestCase, TestModule } from 'vitest/node';
import { describeMachine } from './machine.ts';
import type { ChaosResult } from './scenario.ts';
import { renderTable, type NamedResult } from './table.ts';

const RESULTS = fileURLToPath(new URL('results/latest.json', import.meta.url));

export default class ChaosReporter implements Reporter {
  readonly #startedAt = new Date();
  readonly #results: NamedResult[] = [];

  onTestCaseReady(test: TestCase): void {
    if (test.options.mode === 'run') say(`\n${test.name}`);
  }

  onUserConsoleLog({ content }: { content: string }): void {
    say(`  ${content.trimEnd()}`);
  }

  onTestCaseResult(test: TestCase): void {
    const result = resultOf(test);
    if (result === undefined) return;
    const seconds = Math.round((test.diagnostic()?.duration ?? 0) / 1000);
    this.#results.push({ name: nameOf(test), seconds, ...result });
    say(`  ${result.verdict} after ${seconds} s`);
  }

  async onTestRunEnd(_: readonly TestModule[], errors: readonly { message?: string }[]): Promise<void> {
    for (const { message } of errors) say(`\n${message}`);
    if (this.#results.length === 0) {
      process.exitCode = 1;
      return say('No scenario was run; npm run chaos -- --list says which there are.');
    }
    const machine = describeMachine();
    const seed = process.env.CHAOS_SEED ?? '1';
    const { cpu, cores, memoryGiB, os, node, revision } = machine;
    say(`\n${renderTable(this.#results)}\n`);
    say(`${cpu}, ${cores} cores, ${memoryGiB} GiB, ${os}, Node ${node}, revision ${revision}, seed ${seed}`);
    const report = { startedAt: this.#startedAt, seed: Number(seed), machine, results: this.#results };
    await mkdir(path.dirname(RESULTS), { recursive: true });
    await writeFile(RESULTS, `${JSON.stringify(report, undefined, 2)}\n`);
    say(`Written to ${path.relative(process.cwd(), RESULTS)}`);
  }
}

function nameOf({ name }: TestCase): string {
  return name.slice(0, name.indexOf(':'));
}

/** Undefined for one that was not asked for. */
function resultOf(test: TestCase): ChaosResult | undefined {
  const { chaos } = test.meta();
  const { state, errors = [] } = test.result();
  if (chaos !== undefined || state === 'skipped') return chaos;
  const none = { requests: 0, ok: 0, refused: 0, failed: 0, lost: 0, wrong: 0, facts: {} };
  return { thrown: 'it broke off', ...none, problems: errors.map(({ message }) => message), verdict: 'failed' };
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
