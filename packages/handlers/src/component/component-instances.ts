/** The objects that a worker has of a component: its own, and one for each unit of a graph that has parameters. */
import type { ModelContext } from '../handler.ts';
import { PredictionError } from '../prediction-error.ts';
import { memberOf, type ComponentClass } from './component.ts';
import type { LoadedComponent } from './component-calls.ts';
import type { ComponentOptions } from './component-options.ts';
import type { UnitName } from './seldon-message.ts';

/** Each may hold a model. */
const MOST_UNITS = 32;

/** How the objects are made. */
export interface ComponentInstancesOptions {
  /** Their class. */
  readonly create: ComponentClass;
  /** Of the component's own; the parameters of a unit are put over its own. */
  readonly options: ComponentOptions;
  /** Where metrics go. */
  readonly context: ModelContext;
}

/** Made when they are first asked for. */
export class ComponentInstances {
  readonly #options: ComponentInstancesOptions;
  readonly #units = new Map<string, Promise<LoadedComponent>>();
  #own: Promise<LoadedComponent> | undefined;

  constructor(options: ComponentInstancesOptions) {
    this.#options = options;
  }

  /** The component's own where the unit has no parameters. @throws PredictionError for more units than a worker may have; whatever the component throws */
  for(unit: UnitName | undefined): Promise<LoadedComponent> {
    if (unit?.parameters === undefined) return (this.#own ??= this.#load(this.#options.options));
    const key = JSON.stringify([unit.name, unit.parameters]);
    const known = this.#units.get(key);
    if (known !== undefined) return known;
    if (this.#units.size >= MOST_UNITS) return Promise.reject(tooMany(this.#options.context));
    const { options } = this.#options;
    const loaded = this.#load({ ...options, parameters: { ...options.parameters, ...unit.parameters } });
    this.#units.set(key, loaded);
    // One that fails may not the next time.
    loaded.catch(() => this.#units.delete(key));
    return loaded;
  }

  async #load(options: ComponentOptions): Promise<LoadedComponent> {
    const { create, context } = this.#options;
    const component = new create(options.parameters);
    const load = memberOf(component, 'load');
    if (typeof load === 'function') await load.call(component);
    return { component, options, context };
  }
}

function tooMany({ modelName }: ModelContext): PredictionError {
  const problem = `has ${MOST_UNITS} units with parameters of their own, as many as a worker may have`;
  return new PredictionError(`The component "${modelName}" ${problem}`, 503);
}
