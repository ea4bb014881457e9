/** A unit, opened: who is asked, and how its answer tells that it failed. */
import { forwardedHeaders } from '@marserve/client';
import type { LocalModel, ServerModels } from '../../context/ask-model.ts';
import type { PredictorCall } from '../../transformer/predictor.ts';
import { callComponent, type LoadedComponent } from '../component-calls.ts';
import { SeldonCall, type SeldonMethod, type SeldonQuestion } from '../seldon-message.ts';
import { builtInUnit, type UnitSurroundings } from './built-in-units.ts';
import type { BuiltInPlace, SeldonUnit } from './seldon-unit.ts';

/** A unit that can be asked. */
export interface OpenUnit {
  /** @throws PredictionError with the status that a client of the unit would have got */
  ask(method: SeldonMethod, body: unknown, call: PredictorCall): Promise<unknown>;
  /** Why it cannot serve; undefined when it can. */
  problem(): Promise<string | undefined>;
}

/** @param models of the server @throws Error for parameters that are none */
export async function openUnit(
  unit: SeldonUnit,
  surroundings: UnitSurroundings,
  models: ServerModels,
): Promise<OpenUnit> {
  const { place } = unit;
  switch (place.kind) {
    case 'built-in':
      return openBuiltIn(unit, place, surroundings);
    case 'model':
      return openModel(unit, place.model, models);
    case 'remote':
      return (await import('./remote-unit.ts')).openRemoteUnit(place);
  }
}

async function openBuiltIn(
  unit: SeldonUnit,
  { name }: BuiltInPlace,
  surroundings: UnitSurroundings,
): Promise<OpenUnit> {
  const { context } = surroundings;
  const component = await builtInUnit(name).create(unit, surroundings);
  const { image = '', parameters } = unit;
  const options = { type: 'MODEL', unit: unit.name, image, parameters } as const;
  const loaded: LoadedComponent = { component, options, context };
  return {
    ask: (method, body) => callComponent(loaded, new SeldonCall(method, body)),
    problem: () => Promise.resolve(undefined),
  };
}

function openModel({ name, image, parameters }: SeldonUnit, model: LocalModel, models: ServerModels): OpenUnit {
  const hasOwn = Object.keys(parameters).length > 0;
  const unit = { name, ...(image !== undefined && { image }), ...(hasOwn && { parameters }) };
  return {
    ask(method, body, call) {
      const payload: SeldonQuestion = { method, body, unit };
      const headers = forwardedHeaders(call.forward ?? {});
      const { timeoutMs, signal } = call;
      const question = { model, operation: 'predict', form: 'messages', payload, headers, timeoutMs, signal } as const;
      return (call.models ?? models).ask(question, call.row);
    },
    problem: async () => (await models.describe(model)).problem,
  };
}
