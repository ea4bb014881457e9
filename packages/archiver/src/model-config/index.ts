/** The YAML file that a model brings along, as archiver and server read it. */
export { INEFFECTIVE_MODEL_KEYS } from './ineffective-model-keys.ts';
export { MODEL_CONFIG_KEYS } from './model-config-keys.ts';
export { modelRoutes, type ModelRoute } from './model-routes.ts';
export { parseYaml } from './parse-yaml.ts';
export { ModelConfigError, readModelConfig, type ModelConfigFile, type ModelConfigKeys } from './read-model-config.ts';
export { SERVICE_ENVELOPES } from './service-envelopes.ts';
export { SETTINGS, allSettings, settingsBy, shownSettings, someSettings, type SettingValue } from './setting-values.ts';
export {
  anyText,
  describeIssues,
  expecting,
  integerFrom,
  integerOrAuto,
  oneOfWords,
  shown,
  trueOrFalse,
} from './value-rules.ts';
export { VERSION_SETTINGS, type Auto, type VersionSetting, type VersionSettingsTable } from './version-settings.ts';
