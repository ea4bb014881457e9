/** How a component is deployed: section `component` of the model's YAML file, else the variables of `seldon-core-microservice`. */
import type { ModelContext } from '../handler.ts';
import { isPlainObject, oneOf, readSection, string, type ConfigReaders } from '../model-config.ts';
import { readParameters, type ComponentParameters } from './component-parameters.ts';
import type { SeldonMethod } from './seldon-message.ts';

/** What a component is in its graph. */
export type ServiceType = 'MODEL' | 'TRANSFORMER' | 'OUTPUT_TRANSFORMER' | 'ROUTER' | 'COMBINER';

/** The section's keys. */
export interface ComponentConfig {
  /** What a prediction asks of it; else `SERVICE_TYPE`, else `MODEL`. */
  readonly type?: ServiceType;
  /** Its name in `requestPath`; else `PREDICTIVE_UNIT_ID`, else the model's name. */
  readonly unit?: string;
  /** Its image in `requestPath`; else `PREDICTIVE_UNIT_IMAGE`, else the model's name and version. */
  readonly image?: string;
  /** What its constructor is given; else `PREDICTIVE_UNIT_PARAMETERS`. */
  readonly parameters?: ComponentParameters;
}

/** How a component is deployed. */
export interface ComponentOptions {
  /** What a prediction asks of it. */
  readonly type: ServiceType;
  /** Its name. */
  readonly unit: string;
  /** Its image. */
  readonly image: string;
  /** What its constructor is given. */
  readonly parameters: ComponentParameters;
}

const SERVICE_TYPES = ['MODEL', 'TRANSFORMER', 'OUTPUT_TRANSFORMER', 'ROUTER', 'COMBINER'] as const;

const READERS: ConfigReaders<ComponentConfig> = {
  type: oneOf(...SERVICE_TYPES),
  unit: string,
  image: string,
  parameters: (value, key) => (isPlainObject(value) ? value : prefixed(key, value)),
};

/** A mapping of names to values is taken as well. */
function prefixed(key: string, value: unknown): ComponentParameters {
  try {
    return readParameters(value);
  } catch (error) {
    throw new Error(`Model config: ${key}: ${(error as Error).message}`, { cause: error });
  }
}

/** @param env the process' @throws Error for a wrong value, which is named */
export function readComponentOptions(
  { modelConfig, modelName, modelVersion }: ModelContext,
  env: NodeJS.ProcessEnv,
): ComponentOptions {
  const config = readSection(modelConfig, 'component', READERS);
  const { SERVICE_TYPE: type, PREDICTIVE_UNIT_PARAMETERS: parameters = '[]' } = env;
  return {
    type: config.type ?? (type === undefined ? 'MODEL' : oneOf(...SERVICE_TYPES)(type, 'SERVICE_TYPE')),
    unit: config.unit ?? env['PREDICTIVE_UNIT_ID'] ?? modelName,
    image: config.image ?? env['PREDICTIVE_UNIT_IMAGE'] ?? `${modelName}:${modelVersion}`,
    parameters: config.parameters ?? readParameters(parameters),
  };
}

/** What a prediction asks of each. */
export const PREDICTION_METHODS: Readonly<Record<ServiceType, Exclude<SeldonMethod, 'predictions'>>> = {
  MODEL: 'predict',
  TRANSFORMER: 'transform-input',
  OUTPUT_TRANSFORMER: 'transform-output',
  ROUTER: 'route',
  COMBINER: 'aggregate',
};
