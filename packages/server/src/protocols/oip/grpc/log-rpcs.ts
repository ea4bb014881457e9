/** Triton's logging extension; it is for whoever may manage models. */
import { isRecord } from '../../is-record.ts';
import type { Planes } from '../../protocol.ts';
import type { UnaryRpc } from '../../rpc.ts';
import { changeLogSettings } from '../models/log-settings.ts';
import { chosenValues, createJsonRpcs } from './json-rpcs.ts';

/** `LogSettings`, which reads and switches what is logged. */
export function createLogRpcs({ logControl }: Planes): UnaryRpc[] {
  return createJsonRpcs({
    LogSettings: [
      'management',
      ({ settings }) => {
        const present = changeLogSettings(logControl, isRecord(settings) ? chosenValues(settings) : {});
        return { settings: Object.fromEntries(Object.entries(present).map(([name, value]) => [name, choice(value)])) };
      },
    ],
  });
}

function choice(value: boolean | number | string): object {
  if (typeof value === 'boolean') return { bool_param: value };
  return typeof value === 'number' ? { uint32_param: value } : { string_param: value };
}
