/** The settings of `TS_…` environment variables, which count only where the configuration lets them. */
import { CONFIG_KEYS, variableOf, type ConfigKey } from '../schema.ts';
import type { ConfigSources, Layer, Report } from './layer.ts';

const SWITCH = 'enable_envvars_config';

/** @param weaker what file and flags say: it decides whether the environment counts */
export function environmentLayer({ env }: ConfigSources, weaker: Layer, report: Report): Layer {
  const isTrue = (key: string) => weaker.get(key)?.text.toLowerCase() === 'true';
  const isEnabled = isTrue(SWITCH) || env[variableOf(SWITCH)]?.toLowerCase() === 'true';
  const given = givenVariables(env);
  if (!isEnabled) {
    warnUnused(given, report);
    return new Map();
  }
  const refused = given.filter(({ key, row }) => isRefused(key, row, isTrue));
  for (const { key, variable } of refused) report.warnings.push(`${variable} is not used: ${reasonAgainst(key)}.`);
  const accepted = given.filter((each) => !refused.includes(each));
  return new Map(accepted.map(({ key, variable, text }) => [key, { text, origin: variable }]));
}

interface GivenVariable {
  readonly key: string;
  readonly row: ConfigKey;
  readonly variable: string;
  readonly text: string;
}

function givenVariables(env: NodeJS.ProcessEnv): GivenVariable[] {
  return Object.entries(CONFIG_KEYS).flatMap(([key, row]) => {
    const variable = variableOf(key);
    const text = env[variable];
    return text === undefined ? [] : [{ key, row, variable, text }];
  });
}

function warnUnused(given: readonly GivenVariable[], { warnings }: Report): void {
  const names = given.filter(({ key }) => key !== SWITCH).map(({ variable }) => variable);
  if (names.length === 0) return;
  const advice = `set ${SWITCH}=true in the configuration file, or ${variableOf(SWITCH)}=true, to let the environment count`;
  warnings.push(`${names.join(', ')}: set but not used; ${advice}.`);
}

function isRefused(key: string, row: ConfigKey, isTrue: (key: string) => boolean): boolean {
  return row.isInEnvironment === false || (key === 'allowed_urls' && !isTrue('use_env_allowed_urls'));
}

function reasonAgainst(key: string): string {
  return key === 'allowed_urls'
    ? 'allowed_urls may come from the environment only with use_env_allowed_urls=true in the configuration file'
    : `${key} may be set in the configuration file only`;
}
