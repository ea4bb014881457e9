/** A request through the units of a graph, as Seldon's executor runs it (`predictor_process.go`): there and back. */
import { endingTogether } from '../../graph/ending-together.ts';
import { PredictionError } from '../../prediction-error.ts';
import { valueText } from '../../tensor/tensor-json.ts';
import { payloadOf } from '../payload.ts';
import type { SeldonMessage } from '../seldon-message.ts';
import { askUnit, type UnitRun } from './ask-unit.ts';
import { isFork, type SeldonUnit } from './seldon-unit.ts';

/** To all children. */
const ALL = -1;
/** To none: what came to the children is their answer. */
const NONE = -2;

/** A message on its way, and the unit that it comes from; undefined for the client. */
interface Passage {
  readonly message: SeldonMessage;
  readonly from: SeldonUnit | undefined;
}

/** @throws PredictionError with the name of the unit that failed; ToldStatus */
export async function runUnits(root: SeldonUnit, message: SeldonMessage, run: UnitRun): Promise<SeldonMessage> {
  const { message: answer, from } = await runUnit(root, { message, from: undefined }, run);
  run.trace.went(from, undefined);
  return answer;
}

async function runUnit(unit: SeldonUnit, passage: Passage, run: UnitRun): Promise<Passage> {
  const transformed = await askBefore(unit, passage, run);
  const answered = await askChildren(unit, transformed, run);
  if (!unit.methods.has('transform-output')) return answered;
  const at = comeTo(unit, answered, run);
  return { ...at, message: await askUnit({ unit, method: 'transform-output', body: at.message }, run) };
}

async function askBefore(unit: SeldonUnit, passage: Passage, run: UnitRun): Promise<Passage> {
  const method = (['transform-input', 'predict'] as const).find((each) => unit.methods.has(each));
  if (method === undefined) return passage;
  run.routes.set(unit.name, ALL);
  const at = comeTo(unit, passage, run);
  return { ...at, message: await askUnit({ unit, method, body: at.message }, run) };
}

function comeTo(unit: SeldonUnit, { message, from }: Passage, { trace }: UnitRun): Passage {
  if (from !== unit) trace.went(from, unit);
  return { message, from: unit };
}

async function askChildren(unit: SeldonUnit, passage: Passage, run: UnitRun): Promise<Passage> {
  const [child] = unit.children;
  if (child === undefined) return passage;
  if (isFork(unit)) return askFork(unit, comeTo(unit, passage, run), run);
  run.routes.set(unit.name, ALL);
  return runUnit(child, passage, run);
}

async function askFork(unit: SeldonUnit, at: Passage, run: UnitRun): Promise<Passage> {
  const { children, methods } = unit;
  const route = methods.has('route') ? await askRoute(unit, at.message, run) : ALL;
  run.routes.set(unit.name, route);
  if (route === NONE) return at;
  const chosen = route === ALL ? children : children.slice(route, route + 1);
  const answers = await endingTogether(run, (within) => chosen.map((child) => runUnit(child, at, within)));
  const [first = at] = answers;
  const messages = answers.map(({ message }) => message);
  if (!methods.has('aggregate')) return { message: first.message, from: unit };
  return { message: await askUnit({ unit, method: 'aggregate', body: messages }, run), from: unit };
}

async function askRoute(unit: SeldonUnit, message: SeldonMessage, run: UnitRun): Promise<number> {
  const route = routeOf(await askUnit({ unit, method: 'route', body: message }, run));
  const count = unit.children.length;
  if (Number.isInteger(route) && Number(route) >= NONE && Number(route) < count) return Number(route);
  const problem = `routed to child ${valueText(route)}; it has ${count}, from 0, and -1 means all of them, -2 none`;
  throw new PredictionError(`Unit "${unit.name}": ${problem}`, 500);
}

/** The first number, however deep it is; all children where there is no data. */
function routeOf(answer: SeldonMessage): unknown {
  if (answer.data === undefined) return ALL;
  const { value } = payloadOf(answer);
  return Array.isArray(value) ? value.flat(Infinity)[0] : value;
}
