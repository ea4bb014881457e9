/** How versions are served whose models say nothing. */
import {
  settingsBy,
  type SettingValue,
  type VersionSetting,
  type VersionSettingsTable,
} from '@marserve/archiver/model-config';
import type { ConfigKey } from '../config-key.ts';
import { boolean, integer, integerOrAuto, type ValueType } from '../value-types.ts';

type VersionKeys = {
  readonly [N in keyof VersionSettingsTable as VersionSettingsTable[N]['serverKey']]: ConfigKey<
    SettingValue<VersionSettingsTable[N]>
  > & { readonly default: string };
};

/** A key for each setting of a version. */
export const VERSION_KEYS = settingsBy('serverKey', keyOf) as VersionKeys;

function keyOf(setting: VersionSetting): ConfigKey {
  const { flag, auto } = setting;
  const description = auto === undefined ? setting.description : `${setting.description} ${auto}`;
  return { type: typeOf(setting), default: String(setting.default), ...(flag && { flag }), description };
}

function typeOf({ type, min = 0, unit, auto }: VersionSetting): ValueType<unknown> {
  if (type === 'boolean') return boolean;
  return auto !== undefined ? integerOrAuto(min) : integer({ min, unit });
}
