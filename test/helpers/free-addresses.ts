/** Ports for a server of a page of the docs, whose usual ones may be taken here. */
import { freePort } from '../../packages/client/src/test-support/free-port.ts';

export { freePort };

const HTTP = { inference_address: 8080, management_address: 8081, metrics_address: 8082 };
/** Without ports of its own, a server whose usual ones are taken does without gRPC. */
const GRPC = { grpc_inference_port: 7070, grpc_management_port: 7071 };
const USUAL = Object.entries({ ...HTTP, ...GRPC });

export interface FreeAddresses {
  /** Lines of config.properties. */
  readonly config: string;
  /** What is replaced in the commands of a page: the usual addresses. */
  readonly replace: Readonly<Record<string, string>>;
}

export async function freeAddresses(): Promise<FreeAddresses> {
  const ports = await Promise.all(USUAL.map(async ([key, usual]) => ({ key, usual, free: await freePort() })));
  const lines = ports.map(({ key, free }) => `${key}=${key in HTTP ? `http://127.0.0.1:${free}` : free}\n`);
  const replaced = ports.map(({ usual, free }) => [`127.0.0.1:${usual}`, `127.0.0.1:${free}`]);
  return { config: lines.join(''), replace: Object.fromEntries(replaced) as Record<string, string> };
}
