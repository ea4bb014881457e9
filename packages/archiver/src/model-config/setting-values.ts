/** Values of settings, in the order of their table. */
import { VERSION_SETTINGS, type Auto, type VersionSetting, type VersionSettingsTable } from './version-settings.ts';

/** A value for each setting, in base units. */
export type SettingValues = {
  readonly [N in keyof VersionSettingsTable]: SettingValue<VersionSettingsTable[N]>;
};

/** What the values of a setting are. */
export type SettingValue<S extends VersionSetting> =
  (S['type'] extends 'boolean' ? boolean : number) | (S extends { readonly auto: string } ? Auto : never);

/** What is asked of each setting. */
export type ReadSetting = (setting: VersionSetting) => unknown;

const ENTRIES: readonly (readonly [string, VersionSetting])[] = Object.entries(VERSION_SETTINGS);

/** The rows of the table. */
export const SETTINGS: readonly VersionSetting[] = Object.values(VERSION_SETTINGS);

/** A part of another table: what is made of each setting, by one of its keys; those of which nothing is made are left out. */
export function settingsBy<T>(key: 'modelKey' | 'serverKey', make: (setting: VersionSetting) => T | undefined) {
  const made = SETTINGS.map((setting) => [setting[key], make(setting)] as const);
  return Object.fromEntries(made.filter(([, each]) => each !== undefined)) as Readonly<Record<string, T>>;
}

/** @param read gives the value of a setting in its own unit */
export function allSettings(read: ReadSetting): SettingValues {
  return someSettings(read) as SettingValues;
}

/** @param read gives the value of a setting in its own unit; undefined for one that is not said, which is left out */
export function someSettings(read: ReadSetting): Partial<SettingValues> {
  const values = ENTRIES.map(([name, setting]) => [name, baseValue(setting, read(setting))] as const);
  return Object.fromEntries(values.filter(([, value]) => value !== undefined));
}

/** The values by the keys that people read, in the units that they write; of the settings that `isShown` picks. */
export function shownSettings(
  values: Partial<SettingValues>,
  isShown: (setting: VersionSetting) => boolean,
): Readonly<Record<string, unknown>> {
  const given: Readonly<Record<string, unknown>> = values;
  const shown = ENTRIES.filter(([, setting]) => isShown(setting));
  return Object.fromEntries(shown.map(([name, setting]) => [setting.modelKey, ownValue(setting, given[name])]));
}

/** Base units are milliseconds and bytes. */
const BASE = { milliseconds: 1, seconds: 1000, megabytes: 2 ** 20 };

function baseValue({ unit }: VersionSetting, value: unknown): unknown {
  return typeof value === 'number' && unit !== undefined ? value * BASE[unit] : value;
}

function ownValue({ unit }: VersionSetting, value: unknown): unknown {
  return typeof value === 'number' && unit !== undefined ? value / BASE[unit] : value;
}
