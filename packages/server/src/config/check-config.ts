/** What must hold between keys, and between keys and the machine. */
import { statSync } from 'node:fs';
import { isLoopback } from './listen-address.ts';
import { sharedAddress } from './shared-address.ts';
import type { ServerConfig } from './schema.ts';
import type { Layer, Report } from './sources/layer.ts';

/** Adds problems and warnings to the report; values that are undefined were reported already. */
export function checkConfig(config: Partial<ServerConfig>, settings: Layer, report: Report): void {
  checkModelStore(config.modelStore, settings, report);
  checkModelPath(config.modelPath, settings, report);
  checkHandler(config.handler, settings, report);
  checkReach(config, settings, report);
  checkTls(config, settings, report);
  checkSharedPorts(config, settings, report);
  checkFrontEnds(config, settings, report);
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

function checkModelPath(file: string | undefined, settings: Layer, { problems }: Report): void {
  if (file === undefined) return;
  const isFile = statSync(file, { throwIfNoEntry: false })?.isFile() === true;
  if (isFile && /\.onnx$/i.test(file)) return;
  const problem = isFile ? 'whose name does not end in .onnx' : 'where there is no file';
  problems.push(`${settings.get('model_path')?.origin}: expected an ONNX file, came ${file}, ${problem}.`);
}

function checkHandler(file: string | undefined, settings: Layer, { problems }: Report): void {
  if (file === undefined) return;
  const isFile = statSync(file, { throwIfNoEntry: false })?.isFile() === true;
  if (isFile && /\.[cm]?[jt]s$/i.test(file)) return;
  const problem = isFile ? 'which is neither TypeScript nor JavaScript by its name' : 'where there is no file';
  problems.push(`${settings.get('handler')?.origin}: expected the source file of a handler, came ${file}, ${problem}.`);
}

/** Whoever reaches the management address can run code here. */
function checkReach(config: Partial<ServerConfig>, settings: Layer, { warnings }: Report): void {
  const { disableTokenAuthorization: isOff, managementAddress, grpcManagementAddress: host } = config;
  if (isOff !== true) return;
  const addresses = {
    management_address: managementAddress,
    grpc_management_address: host === undefined || config.enableGrpc === false ? undefined : { host, port: 0 },
  };
  for (const [key, address] of Object.entries(addresses)) {
    if (address === undefined || isLoopback(address)) continue;
    const { origin, text } = settings.get(key) ?? {};
    const advice = 'let a proxy in front of it authenticate, or leave disable_token_authorization out';
    warnings.push(`${origin}: other machines can reach "${text}", and may run code here without a token: ${advice}.`);
  }
}

/** What is encrypted at an address of HTTP, REST says. */
function checkSharedPorts(config: Partial<ServerConfig>, settings: Layer, { problems }: Report): void {
  if (config.enableGrpc !== true || config.enableGrpcSsl !== true) return;
  for (const api of ['inference', 'management'] as const) {
    const shared = sharedAddress(api, config);
    if (shared === undefined || shared.isTls === true) continue;
    const key = `${api}_address`;
    const { origin, text } = settings.get(key) ?? { origin: key, text: `http://${shared.host}:${shared.port}` };
    problems.push(
      `${origin}: expected https://, since gRPC has the same port and enable_grpc_ssl is set, came "${text}".`,
    );
  }
}

/** More than that do not help, and each has its share of the limits. */
const MOST_FRONT_ENDS = 64;

function checkFrontEnds({ frontends = 1 }: Partial<ServerConfig>, settings: Layer, { problems }: Report): void {
  if (frontends <= MOST_FRONT_ENDS) return;
  const { origin } = settings.get('frontends') ?? { origin: 'frontends' };
  problems.push(`${origin}: expected an integer from 1 to ${MOST_FRONT_ENDS}, came "${frontends}".`);
}

const ADDRESSES = ['inference_address', 'management_address', 'metrics_address'] as const;

const SELF_SIGNED =
  'openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 365 -subj /CN=localhost -addext subjectAltName=DNS:localhost,IP:127.0.0.1 -keyout key.pem -out certificate.pem';

function checkTls(config: Partial<ServerConfig>, settings: Layer, { problems, warnings }: Report): void {
  const isHttps = (name: string) => {
    const { text = '', key = name } = settings.get(name) ?? {};
    return key === name && /^https:/i.test(text);
  };
  const isGrpcTls = config.enableGrpc === true && config.enableGrpcSsl === true;
  const users = [...ADDRESSES.filter(isHttps), ...(isGrpcTls ? ['enable_grpc_ssl'] : [])];
  if (settings.has('client_ca_file') && users.length === 0) {
    const reason = 'no address begins with https://, and enable_grpc_ssl is not set';
    warnings.push(`${settings.get('client_ca_file')?.origin} does nothing: ${reason}.`);
  }
  const pair = ['private_key_file', 'certificate_file'] as const;
  const missing = pair.filter((key) => !settings.has(key));
  const given = pair.filter((key) => settings.has(key));
  const hasKeystore = config.keystore !== undefined;
  if (given.length === 1 && !hasKeystore)
    problems.push(`${settings.get(given.join())?.origin}: ${missing.join()} is missing, which belongs to it.`);
  else if (given.length === 0 && !hasKeystore) {
    for (const key of users) {
      const advice = `Set private_key_file and certificate_file, or keystore. A certificate for trying it: ${SELF_SIGNED}`;
      problems.push(`${settings.get(key)?.origin}: TLS needs a certificate. ${advice}`);
    }
  }
  if (hasKeystore && given.length < 2 && config.clientCaFile !== undefined) {
    // Node would trust clients whom the certificates of the keystore sign as well.
    const lines = `openssl pkcs12 -in ${config.keystore} -nodes -nocerts -out key.pem; openssl pkcs12 -in ${config.keystore} -nokeys -out certificate.pem`;
    problems.push(
      `${settings.get('client_ca_file')?.origin}: expected with private_key_file and certificate_file, came with keystore. Take them out of it: ${lines}`,
    );
  }
}
