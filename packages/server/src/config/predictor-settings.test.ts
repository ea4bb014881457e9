import { expect, it } from 'vitest';
import { withPredictor } from './predictor-settings.ts';

const FILE = '{"predictor_host":"file:1","own":1}';
const SERVER = { predictorHost: 'server:1', predictorRequestRetries: 0, predictorUseSsl: false };

it.each([
  ['nothing is said', FILE, {}, FILE],
  ['another model is named', FILE, { ...SERVER, modelName: 'other' }, { predictor_host: 'file:1', own: 1 }],
  ['no model is named', FILE, SERVER, { predictor_host: 'file:1', own: 1 }],
  [
    'the model is named',
    FILE,
    { ...SERVER, modelName: 'mine' },
    { predictor_host: 'server:1', own: 1, predictor_model_name: 'mine' },
  ],
  ['the file says nothing', '{}', SERVER, { predictor_host: 'server:1' }],
] as const)('where %s', (_, file, config, expected) => {
  const merged = JSON.parse(withPredictor(file, config, 'mine')) as unknown;
  if (typeof expected === 'string') return expect(merged).toEqual(JSON.parse(expected));
  expect(merged).toEqual({ ...expected, predictor_request_retries: 0, predictor_use_ssl: false });
});
