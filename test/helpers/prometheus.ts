/** A real Prometheus for a test: scrapes one address every second and answers queries. Also `promtool check metrics`. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';

/** One series of an answer. */
export interface QueryResult {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface Prometheus {
  /** Of its own API, such as `http://127.0.0.1:34567`. */
  readonly url: string;
  /** The present result of a PromQL expression, an instant vector. @throws Error with Prometheus' own words */
  query(expression: string): Promise<QueryResult[]>;
  /** Asks again until the result is as wanted (not empty, by default). @throws Error with the last result after a minute */
  queryUntil(expression: string, isWanted?: (results: QueryResult[]) => boolean): Promise<QueryResult[]>;
  /** Health of the target, and why its last scrape failed. */
  target(): Promise<{ readonly health: string; readonly lastError: string }>;
  /** Ends it and deletes its files. */
  close(): Promise<void>;
}

const DEADLINE_MS = 60_000;
const ASK_AGAIN_MS = 100;

/** Why tests with these programs must be skipped; undefined when they are there. */
export function missingPrograms(): string | undefined {
  const missing = ['prometheus', 'promtool'].filter((name) => spawnSync(name, ['--version']).status !== 0);
  if (missing.length === 0) return undefined;
  return `${missing.join(' and ')} not installed: on Debian, apt-get install prometheus`;
}

/**
 * Starts a Prometheus of its own on a free port; its target is `http://host:port/path`.
 * @throws Error with its output when it does not start
 */
export async function startPrometheus(target: string): Promise<Prometheus> {
  const root = await mkdtemp(path.join(tmpdir(), 'marserve-prometheus-'));
  const config = path.join(root, 'prometheus.yml');
  await writeFile(config, JSON.stringify(configFor(new URL(target))));
  const args = [
    `--config.file=${config}`,
    `--storage.tsdb.path=${path.join(root, 'data')}`,
    '--web.listen-address=127.0.0.1:0',
  ];
  const child = spawn('prometheus', args, { stdio: ['ignore', 'ignore', 'pipe'] });
  const close = async () => {
    await end(child);
    await rm(root, { recursive: true, force: true });
  };
  try {
    return createPrometheus(await addressOf(child), close);
  } catch (error) {
    await close();
    throw error;
  }
}

/** The complaints of `promtool check metrics`, a line each; those that begin with a metric's name are lint's. */
export function checkMetrics(text: string): string[] {
  const { stdout, stderr, error } = spawnSync('promtool', ['check', 'metrics'], { input: text, encoding: 'utf8' });
  if (error !== undefined) throw error;
  return `${stdout}${stderr}`.split('\n').filter((line) => line !== '');
}

/** JSON is YAML too. */
function configFor({ protocol, host, pathname }: URL): object {
  return {
    global: { scrape_interval: '1s', scrape_timeout: '1s' },
    scrape_configs: [
      {
        job_name: 'marserve',
        scheme: protocol.replace(':', ''),
        metrics_path: pathname,
        static_configs: [{ targets: [host] }],
      },
    ],
  };
}

/** It logs the port that it was given, and that it is ready, in either order. */
async function addressOf({ stderr }: ChildProcess): Promise<string> {
  const lines: string[] = [];
  let address: string | undefined;
  let isReady = false;
  if (stderr === null) throw new Error('Prometheus was started without a log');
  for await (const line of createInterface({ input: stderr })) {
    lines.push(line);
    address ??= /msg="Listening on" address=(\S+)/.exec(line)?.[1];
    isReady ||= line.includes('Server is ready');
    if (isReady && address !== undefined) break;
  }
  if (address === undefined) throw new Error(`Prometheus did not start:\n${lines.join('\n')}`);
  // Nobody reads its log from here on.
  stderr.resume();
  return address;
}

function createPrometheus(address: string, close: () => Promise<void>): Prometheus {
  const url = `http://${address}`;
  const query = async (expression: string) => {
    const data = await ask<QueryAnswer>(`${url}/api/v1/query?query=${encodeURIComponent(expression)}`);
    return data.result.map(({ metric, value }) => ({ labels: metric, value: Number(value[1]) }));
  };
  return {
    url,
    query,
    async queryUntil(expression, isWanted = (results) => results.length > 0) {
      const deadline = performance.now() + DEADLINE_MS;
      for (;;) {
        const results = await query(expression);
        if (isWanted(results)) return results;
        if (performance.now() > deadline)
          throw new Error(`${expression} is still ${JSON.stringify(results)} after ${DEADLINE_MS} ms`);
        // Prometheus tells nobody when it has scraped.
        await delay(ASK_AGAIN_MS);
      }
    },
    async target() {
      const { activeTargets } = await ask<TargetsAnswer>(`${url}/api/v1/targets`);
      return activeTargets[0] ?? { health: 'unknown', lastError: 'no target' };
    },
    close,
  };
}

interface QueryAnswer {
  readonly result: readonly {
    readonly metric: Readonly<Record<string, string>>;
    readonly value: readonly [number, string];
  }[];
}

interface TargetsAnswer {
  readonly activeTargets: readonly { readonly health: string; readonly lastError: string }[];
}

async function ask<T>(url: string): Promise<T> {
  const response = await fetch(url);
  const answer = (await response.json()) as { readonly data: T; readonly error?: string };
  if (answer.error !== undefined) throw new Error(`Prometheus answered ${response.status}: ${answer.error}`);
  return answer.data;
}

async function end(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  child.kill();
  await exit;
}
