/** What must hold between keys, and between keys and the machine. */
import { statSync } from 'node:fs';
import { isLoopback } from './listen-address.ts';
import type { ServerConfig } from './schema.ts';
import type { Layer, Report } from './layer.ts';

/** Adds problems and warnings to the report; values that are undefined were reported already. */
export function checkConfig(config: Partial<ServerConfig>, settings: Layer, report: Report): void {
  checkModelStore(config.modelStore, settings, report);
  checkReach(config, settings, report);
  if (config.metricsMode !== 'prometheus' && config.metricsMode !== undefined) {
    const origin = settings.get('metrics_mode')?.origin ?? 'metrics_mode';
    report.warnings.push(`${origin}: "${config.metricsMode}" does nothing: metrics are always there for Prometheus.`);
  }
}

/** The beginnings are TorchServe's texts. */
function checkModelStore(folder: string | undefined, settings: Layer, { problems }: Report): void {
  if (!settings.has('model_store')) {
    const advice = 'It names the folder that archives are read from; model_store in config.properties does the same.';
    problems.push(`Missing mandatory parameter --model-store. ${advice}`);
  } else if (folder !== undefined && !statSync(folder, { throwIfNoEntry: false })?.isDirectory()) {
    problems.push(`--model-store directory not found: ${folder}. Create it (mkdir -p "${folder}") or name another.`);
  }
}

/** Whoever reaches the management address can run code here. */
function checkReach(config: Partial<ServerConfig>, settings: Layer, { warnings }: Report): void {
  const { disableTokenAuthorization: isOff, managementAddress } = config;
  if (isOff !== true || managementAddress === undefined || isLoopback(managementAddress)) return;
  const { origin, text } = settings.get('management_address') ?? {};
  const advice = 'let a proxy in front of it authenticate, or leave disable_token_authorization out';
  warnings.push(`${origin}: other machines can reach "${text}", and may run code here without a token: ${advice}.`);
}
