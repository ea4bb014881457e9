/** Triton's logging extension; it is for whoever may manage models. */
import { compactJson } from '../../compact-json.ts';
import type { BodyDescription, Endpoint } from '../../endpoint.ts';
import type { Planes } from '../../protocol.ts';
import { changeLogSettings, readLogSettings } from '../models/log-settings.ts';
import { getJson } from './get-endpoints.ts';
import { readObject } from '../../read-object.ts';

const SWITCH = { type: 'boolean' };

const BODY: BodyDescription = {
  description: 'The settings that change; log_file and log_format are as they are',
  schema: {
    type: 'object',
    properties: {
      log_file: { type: 'string' },
      log_info: SWITCH,
      log_warning: SWITCH,
      log_error: SWITCH,
      log_verbose_level: { type: 'integer', minimum: 0 },
      log_format: { type: 'string' },
    },
    additionalProperties: false,
  },
  isOptional: true,
};

/** Reads and switches what is logged. */
export function createLoggingEndpoints({ logControl }: Planes): Endpoint[] {
  return [
    {
      ...getJson('/v2/logging', ['log_settings', 'What is logged'], () => readLogSettings(logControl)),
      audience: 'management',
    },
    {
      audience: 'management',
      method: 'POST',
      path: '/v2/logging',
      operationId: 'oip_change_log_settings',
      summary: 'Switch what is logged, until the server ends',
      parameters: [],
      body: BODY,
      responses: {
        200: 'All settings, as they are now',
        400: 'There is no such setting, or not with such a value',
        501: 'The setting cannot change while the server runs',
      },
      handle: async (request) => compactJson(200, changeLogSettings(logControl, await readObject(request))),
    },
  ];
}
