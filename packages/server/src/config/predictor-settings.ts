/** What the server's configuration says of the predictor of its transformers. */
import { PREDICTOR_KEYS } from './keys/predictor.ts';
import { camelCase, type ServerConfig } from './schema.ts';

const NAMES = (Object.keys(PREDICTOR_KEYS) as (keyof typeof PREDICTOR_KEYS)[]).filter((name) => name !== 'model_name');

/**
 * A model's YAML file with what the server says and the file does not; of the model that the server's `model_name` names, the
 * server's words win.
 * @param modelConfig JSON of the file @returns JSON
 */
export function withPredictor(modelConfig: string, config: Partial<ServerConfig>, modelName: string): string {
  const given = NAMES.flatMap((name) => {
    const value = config[camelCase(name)];
    return value === undefined ? [] : [[name, value] as const];
  });
  if (given.length === 0) return modelConfig;
  const own = JSON.parse(modelConfig) as Record<string, unknown>;
  const servers = Object.fromEntries(given);
  if (config.modelName !== modelName) return JSON.stringify({ ...servers, ...own });
  const said = { ...own, ...servers };
  return JSON.stringify(isOfKServe(said) ? { predictor_model_name: modelName, ...said } : said);
}

/** There both have the same name; servers of ONNX Runtime may be asked without one. */
function isOfKServe({ predictor_protocol: protocol = 'v1' }: Readonly<Record<string, unknown>>): boolean {
  return protocol === 'v1' || protocol === 'v2' || protocol === 'grpc-v2';
}
