/** A request through the units of a graph, as Seldon's executor runs it (`predictor_process.go`): there and back. */
import { PredictionError } from '../../prediction-error.ts';
import { valueText } from '../../tensor/tensor-json.ts';
import { payloadOf } from '../payload.ts';
import type { SeldonMessage } from '../seldon-message.ts';
import { askUnit, type UnitRun } from './ask-unit.ts';
import type { SeldonUnit } from './seldon-unit.ts';

/** To all children. */
const ALL = -1;
/** To none: what came to the children is their answer. */
const NONE = -2;

/** @throws PredictionError with the name of the unit that failed; ToldStatus */
export async function runUnits(root: SeldonUnit, message: SeldonMessage, run: UnitRun): Promise<SeldonMessage> {
  run.trace.went(undefined, root);
  const answer = await runUnit(root, message, run);
  run.trace.went(root, undefined);
  return answer;
}

async function runUnit(unit: SeldonUnit, message: SeldonMessage, run: UnitRun): Promise<SeldonMessage> {
  const transformed = await askBefore(unit, message, run);
  const answer = await askChildren(unit, transformed, run);
  return unit.methods.has('transform-output')
    ? askUnit({ unit, method: 'transform-output', body: answer }, run)
    : answer;
}

async function askBefore(unit: SeldonUnit, message: SeldonMessage, run: UnitRun): Promise<SeldonMessage> {
  const method = (['transform-input', 'predict'] as const).find((each) => unit.methods.has(each));
  if (method === undefined) return message;
  run.routes.set(unit.name, ALL);
  return askUnit({ unit, method, body: message }, run);
}

async function askChildren(unit: SeldonUnit, message: SeldonMessage, run: UnitRun): Promise<SeldonMessage> {
  const { children } = unit;
  if (children.length === 0) return message;
  const route = unit.methods.has('route') ? await askRoute(unit, message, run) : ALL;
  run.routes.set(unit.name, route);
  if (route === NONE) return message;
  const chosen = route === ALL ? children : children.slice(route, route + 1);
  const answers = await Promise.all(
    chosen.map((child) => {
      run.trace.went(unit, child);
      return runUnit(child, message, run);
    }),
  );
  if (unit.methods.has('aggregate')) return askUnit({ unit, method: 'aggregate', body: answers }, run);
  return answers[0] as SeldonMessage;
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
