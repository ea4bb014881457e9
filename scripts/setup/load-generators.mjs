/** What makes the load of the benchmark: wrk over HTTP/1.1, h2load over gRPC. */
import { aptCommand, installDebianPackages } from './debian-packages.mjs';
import { findProgram, say } from './tools.mjs';

export const provideWrk = () => provide('wrk', 'wrk', 'the benchmark and its test');

export const provideH2load = () => provide('h2load', 'nghttp2-client', 'the scenarios of gRPC');

async function provide(program, debianPackage, users) {
  if (findProgram(program) !== undefined || (await installDebianPackages([debianPackage]))) return;
  say(`${program} is missing: ${users} will fail. On Debian: ${aptCommand([debianPackage])}`);
}
