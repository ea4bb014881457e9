/** What is done with a database of experiments, in the SQL that SQLite and PostgreSQL have in common. */
import type { ExperimentDatabase, KeptDecisions, NotedDecision, SentFeedback } from './database.ts';
import type { ArmCounts, ExperimentState } from './experiment-store.ts';
import type { CountedFeedback, FeedbackOutcome, Learner } from './feedback.ts';
import { CallerFailure } from './store-error.ts';

/** One statement; its places are `$1`, `$2`, … */
export interface Statement {
  /** SQL. */
  readonly text: string;
  /** For its places. */
  readonly values: readonly SqlValue[];
}

/** What a column has. */
export type SqlValue = string | number | null;

/** Columns by their names. */
export type SqlRow = Readonly<Record<string, SqlValue>>;

/** A transaction: gives statements, and gets the rows of each. So one text serves databases that answer at once, and others. */
export type Transaction<T> = Generator<Statement, T, readonly SqlRow[]>;

function* sql(text: string, ...values: SqlValue[]): Transaction<readonly SqlRow[]> {
  return yield { text, values };
}

/** See `ExperimentDatabase`. */
export function* readDocument(experiment: string, kind: string): Transaction<unknown> {
  const [row] = yield* sql('SELECT value FROM documents WHERE experiment = $1 AND kind = $2', experiment, kind);
  return row && (JSON.parse(String(row['value'])) as unknown);
}

/** @param lock what keeps others from the row between reading and writing, where the transaction alone does not */
export function* updateDocument(
  place: { readonly experiment: string; readonly kind: string; readonly lock: string },
  change: Parameters<ExperimentDatabase['updateDocument']>[2],
): Transaction<unknown> {
  const { experiment, kind, lock } = place;
  // A row that there is not cannot be locked.
  yield* sql('INSERT INTO documents VALUES ($1, $2, NULL) ON CONFLICT DO NOTHING', experiment, kind);
  const where = 'WHERE experiment = $1 AND kind = $2';
  const [row] = yield* sql(`SELECT value FROM documents ${where} ${lock}`, experiment, kind);
  const old = row?.['value'] ?? undefined;
  const changed = called(change, old === undefined ? undefined : (JSON.parse(String(old)) as unknown));
  if (changed === undefined) yield* sql(`DELETE FROM documents ${where}`, experiment, kind);
  else yield* sql(`UPDATE documents SET value = $3 ${where}`, experiment, kind, JSON.stringify(changed));
  return changed;
}

function called(change: (old: unknown) => unknown, old: unknown): unknown {
  try {
    return change(old);
  } catch (error) {
    throw new CallerFailure(error);
  }
}

/** A request that has the id of an earlier one takes its place. */
export function* addDecisions(decisions: readonly NotedDecision[]): Transaction<void> {
  const groups = new Map<string, NotedDecision[]>();
  for (const each of decisions) {
    const key = keyOf(each);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [each]);
    else group.push(each);
  }
  const latest = inOrder(groups).map((group) => group[group.length - 1] as NotedDecision);
  const counts = new Map<string, { readonly experiment: string; readonly arm: string; requests: number }>();
  for (let first = 0; first < latest.length; first += ROWS) {
    // Those that are there already are not counted again: they were written by a try that seemed to fail.
    for (const row of yield* insertDecisions(latest.slice(first, first + ROWS))) {
      const key = JSON.stringify([row['experiment'], row['request']]);
      for (const { experiment, arm } of groups.get(key) ?? []) {
        const counted = counts.get(JSON.stringify([experiment, arm])) ?? { experiment, arm, requests: 0 };
        counted.requests += 1;
        counts.set(JSON.stringify([experiment, arm]), counted);
      }
    }
  }
  for (const { experiment, arm, requests } of inOrder(counts)) {
    yield* sql(BEGIN, experiment, SINCE, String(decisions[0]?.at));
    yield* sql(
      `INSERT INTO arms (experiment, arm, requests) VALUES ($1, $2, $3)
       ON CONFLICT (experiment, arm) DO UPDATE SET requests = arms.requests + excluded.requests`,
      experiment,
      arm,
      requests,
    );
  }
}

const BEGIN = 'INSERT INTO documents VALUES ($1, $2, $3) ON CONFLICT DO NOTHING';

function keyOf({ experiment, request }: NotedDecision): string {
  return JSON.stringify([experiment, request]);
}

/** Of one statement: each goes to the database and back. */
const ROWS = 100;

const COLUMNS = ['experiment', 'request', 'arm', 'items', 'at', 'features'];

function insertDecisions(decisions: readonly NotedDecision[]): Transaction<readonly SqlRow[]> {
  const places = decisions.map(
    (_, row) => `(${COLUMNS.map((_, column) => `$${COLUMNS.length * row + column + 1}`).join(', ')})`,
  );
  const changes = COLUMNS.slice(2).map((column) => `${column} = excluded.${column}`);
  return sql(
    `INSERT INTO decisions (${COLUMNS.join(', ')}) VALUES ${places.join(', ')}
     ON CONFLICT (request, experiment) DO UPDATE SET ${changes.join(', ')}
     WHERE decisions.at <> excluded.at RETURNING experiment, request`,
    ...decisions.flatMap(({ experiment, request, arm, items = 1, at, features = null }) => [
      experiment,
      request,
      arm,
      items,
      at,
      features,
    ]),
  );
}

/** The same in all processes, so that none waits for one that waits for it. */
function inOrder<T>(counts: ReadonlyMap<string, T>): T[] {
  return [...counts].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, count]) => count);
}

function* readArms(experiment: string): Transaction<ArmCounts[]> {
  const rows = yield* sql('SELECT * FROM arms WHERE experiment = $1 ORDER BY arm', experiment);
  return rows.map((row) => ({
    arm: String(row['arm']),
    requests: Number(row['requests']),
    rewards: Number(row['rewards']),
    sum: Number(row['sum']),
    squares: Number(row['squares']),
    binary: Number(row['zeros_ones']),
  }));
}

/** See `ExperimentDatabase`. */
export function* readState(experiment: string): Transaction<ExperimentState> {
  const arms = yield* readArms(experiment);
  const control = yield* readDocument(experiment, CONTROL);
  const since = yield* readDocument(experiment, SINCE);
  const document = yield* readDocument(experiment, POLICY);
  return { arms, control: control ?? {}, document, since: typeof since === 'number' ? since : undefined };
}

/** Kinds of documents. */
const SINCE = 'since';
/** What a policy keeps of its own. */
export const POLICY = 'policy';
/** What somebody has said by hand. */
export const CONTROL = 'control';

/** What is done with feedback that counts. */
export interface Learning {
  /** See `updateDocument`. */
  readonly lock: string;
  /** By experiments; undefined for none. */
  readonly learners?: ReadonlyMap<string, Learner> | undefined;
}

/** All of them, or none. */
export function* addAllFeedback(
  all: readonly SentFeedback[],
  { lock, learners = new Map() }: Learning,
): Transaction<FeedbackOutcome[]> {
  const outcomes: FeedbackOutcome[] = [];
  const counted: Counted = new Map();
  for (const feedback of all) outcomes.push(yield* addFeedback(feedback, counted));
  for (const [experiment, learner] of learners) {
    const own = counted.get(experiment);
    if (own === undefined) continue;
    yield* updateDocument({ experiment, kind: POLICY, lock }, (old) => learner(old, own));
  }
  return outcomes;
}

/** By experiments, in the order in which they came. */
type Counted = Map<string, CountedFeedback[]>;

function* addFeedback(feedback: SentFeedback, counted: Counted): Transaction<FeedbackOutcome> {
  const { request, id = request, rewards, at } = feedback;
  const decided = yield* findDecisions(feedback);
  const found = chosenArms(feedback, decided);
  if (found.kind !== 'counted') return found;
  const experiments = Object.keys(found.route).sort();
  for (const experiment of experiments) {
    const problem = feedback.problem?.(experiment, rewards, decided.get(experiment)?.items);
    if (problem !== undefined) return { kind: 'refused', problem };
  }
  const route: Record<string, string> = {};
  for (const experiment of experiments) {
    const arm = found.route[experiment] ?? '';
    if (id !== undefined && !(yield* claim(experiment, id, at))) continue;
    yield* count(experiment, arm, rewards);
    const features = decided.get(experiment)?.features;
    const own = counted.get(experiment) ?? [];
    own.push({ requestId: request, arm, rewards, features });
    counted.set(experiment, own);
    route[experiment] = arm;
  }
  return Object.keys(route).length === 0 ? { kind: 'repeated' } : { kind: 'counted', route };
}

interface Decided {
  readonly arm: string;
  readonly items: number;
  readonly features: unknown;
}

function* findDecisions({ request, isMine }: SentFeedback): Transaction<Map<string, Decided>> {
  if (request === undefined) return new Map();
  const rows = yield* sql('SELECT experiment, arm, items, features FROM decisions WHERE request = $1', request);
  const all = rows.map((row) => {
    const decided: Decided = {
      arm: String(row['arm']),
      items: Number(row['items']),
      features: typeof row['features'] === 'string' ? (JSON.parse(row['features']) as unknown) : undefined,
    };
    return [String(row['experiment']), decided] as const;
  });
  return new Map(all.filter(([experiment]) => isMine(experiment)));
}

function chosenArms({ request, route = {} }: SentFeedback, decided: ReadonlyMap<string, Decided>): FeedbackOutcome {
  for (const [experiment, arm] of Object.entries(route)) {
    const known = decided.get(experiment);
    if (known === undefined || known.arm === arm) continue;
    const problem = `"${request}" was answered by "${known.arm}" of ${experiment}, not by "${arm}"`;
    return { kind: 'refused', problem };
  }
  const all = { ...route, ...Object.fromEntries([...decided].map(([experiment, { arm }]) => [experiment, arm])) };
  return Object.keys(all).length === 0 ? { kind: 'unknown' } : { kind: 'counted', route: all };
}

/** @returns whether none of that name was counted before */
function* claim(experiment: string, id: string, at: number): Transaction<boolean> {
  const text = 'INSERT INTO feedback (experiment, id, at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING RETURNING id';
  return (yield* sql(text, experiment, id, at)).length > 0;
}

function* count(experiment: string, arm: string, rewards: readonly number[]): Transaction<void> {
  const sum = rewards.reduce((total, reward) => total + reward, 0);
  const squares = rewards.reduce((total, reward) => total + reward * reward, 0);
  const binary = rewards.filter((reward) => reward === 0 || reward === 1).length;
  yield* sql(
    `INSERT INTO arms (experiment, arm, requests, rewards, sum, squares, zeros_ones) VALUES ($1, $2, 0, $3, $4, $5, $6)
     ON CONFLICT (experiment, arm) DO UPDATE SET rewards = arms.rewards + excluded.rewards,
     sum = arms.sum + excluded.sum, squares = arms.squares + excluded.squares,
     zeros_ones = arms.zeros_ones + excluded.zeros_ones`,
    experiment,
    arm,
    rewards.length,
    sum,
    squares,
    binary,
  );
}

/** See `ExperimentDatabase`. */
export function* reset(experiment: string, at: number): Transaction<void> {
  for (const table of ['documents', 'arms', 'decisions', 'feedback']) {
    yield* sql(`DELETE FROM ${table} WHERE experiment = $1`, experiment);
  }
  yield* sql(BEGIN, experiment, SINCE, String(at));
}

/** What feedback was counted is known for longer than what was decided, so that none is counted again. */
export function* expire({ since, most }: KeptDecisions): Transaction<void> {
  for (const [table, kept] of [
    ['decisions', most],
    ['feedback', 2 * most],
  ] as const) {
    yield* sql(`DELETE FROM ${table} WHERE at < $1`, since);
    yield* sql(`DELETE FROM ${table} WHERE number <= (SELECT max(number) FROM ${table}) - $1`, kept);
  }
}
