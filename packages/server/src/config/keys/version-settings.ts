/** How versions are served whose models say nothing. */
import {
  settingsBy,
  type SettingValue,
  type VersionSetting,
  type VersionSettingsTable,
} from '@marserve/archiver/model-config';
import type { ConfigKey } from '../config-key.ts';
import { boolean, integer } from '../value-types.ts';

type VersionKeys = {
  readonly [N in keyof VersionSettingsTable as VersionSettingsTable[N]['serverKey']]: ConfigKey<
    SettingValue<VersionSettingsTable[N]>
  > & { readonly default: string };
};

/** A key for each setting of a version. */
export const VERSION_KEYS = settingsBy('serverKey', keyOf) as VersionKeys;

function keyOf({ type, min, unit, flag, description, default: value }: VersionSetting): ConfigKey {
  return {
    type: type === 'boolean' ? boolean : integer({ min, unit }),
    default: String(value),
    ...(flag && { flag }),
    description,
  };
}
