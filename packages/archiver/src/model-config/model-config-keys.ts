/** The keys of a model's YAML file that the server reads; all others are for the handler. */
import type { ZodType } from 'zod';
import { routesRule } from './model-routes.ts';
import { SERVICE_ENVELOPES } from './service-envelopes.ts';
import { settingsBy, type SettingValue } from './setting-values.ts';
import { filledText, integerFrom, integerOrAuto, oneOfWords, trueOrFalse } from './value-rules.ts';
import type { VersionSetting, VersionSettingsTable } from './version-settings.ts';

/** A key of the file. */
export interface ModelConfigKey<T = unknown> {
  /** What its value must be. */
  readonly rule: ZodType<T>;
  /** What a number counts. */
  readonly unit?: string;
  /** What it does, in a sentence or two. */
  readonly description: string;
}

type SettingKeys = {
  readonly [N in keyof VersionSettingsTable as VersionSettingsTable[N]['modelKey']]: ModelConfigKey<
    SettingValue<VersionSettingsTable[N]>
  >;
};

/** Key → its rule, its unit, what it does. */
export const MODEL_CONFIG_KEYS = {
  minWorkers: {
    rule: integerFrom(0),
    description: 'Least number of workers; a registration that names a number wins.',
  },
  maxWorkers: { rule: integerFrom(0), description: 'Greatest number of workers; at least `minWorkers`.' },
  ...(settingsBy('modelKey', keyOf) as SettingKeys),
  serviceEnvelope: {
    rule: oneOfWords(...SERVICE_ENVELOPES),
    description: "The form of bodies on TorchServe's paths, instead of the server's `service_envelope`.",
  },
  routes: {
    rule: routesRule,
    description:
      "The handler's own paths: `METHOD /path` → name of its function. See [routes](handlers.md#routes-of-its-own).",
  },
  explains: {
    rule: filledText('the name of a model'),
    description:
      'A model of the server whose explanations are asked of this one: see [a model elsewhere](explainers.md#a-model-elsewhere).',
  },
  deviceType: { rule: oneOfWords('cpu', 'gpu'), description: 'Checked, but without effect: models run on the CPU.' },
} as const;

function keyOf(setting: VersionSetting): ModelConfigKey {
  const { unit, description, auto, zeroIsServers, serverKey } = setting;
  const also = zeroIsServers ? `0 for the server's \`${serverKey}\`.` : auto;
  return { rule: ruleOf(setting), unit, description: also === undefined ? description : `${description} ${also}` };
}

function ruleOf({ type, min = 0, zeroIsServers, auto }: VersionSetting): ZodType {
  if (type === 'boolean') return trueOrFalse;
  return auto !== undefined ? integerOrAuto(min) : integerFrom(zeroIsServers ? 0 : min);
}
