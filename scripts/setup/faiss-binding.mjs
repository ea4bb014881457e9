/**
 * The native part of faiss-node, which npm does not bring: downloaded ready-made, else compiled from faiss-node's own
 * source against Debian's libfaiss-dev. Without it everything works but handlers that search an index.
 */
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { aptCommand, installDebianPackages } from './debian-packages.mjs';
import { excerpt, findProgram, inRoot, recall, remember, run, say } from './tools.mjs';

const FAISS_NODE = inRoot('node_modules/faiss-node');
/** Where faiss-node looks for it. */
const FOLDER = path.join(FAISS_NODE, 'build/Release');
const BINDING = path.join(FOLDER, 'faiss-node.node');
/** Of the libraries that offer BLAS and LAPACK to libfaiss, OpenBLAS is the fast one; any will do. */
const DEBIAN_PACKAGES = ['libfaiss-dev', 'libopenblas-dev', 'g++'];
const DOWNLOAD_TIMEOUT_MS = 20_000;
const DAY_MS = 86_400_000;

export async function provideFaiss() {
  if (!existsSync(FAISS_NODE)) return say('faiss-node is not installed (it is optional): vector search will not work.');
  if ((await load()).ok) return;
  if ((await download()) || (await compile())) return;
  say(`no faiss binding: handlers that search an index will not load. On Debian: ${aptCommand(DEBIAN_PACKAGES)}`);
}

/** In a process of its own: a library that does not fit this machine may end the process. */
function load() {
  const search = `new (require(${JSON.stringify(FAISS_NODE)}).IndexFlatL2)(1).add([1])`;
  return existsSync(BINDING) ? run(process.execPath, ['-e', search]) : { ok: false, output: '' };
}

/** What failed is not tried again for a day: where the download is blocked, each try may take its whole time. */
async function download() {
  if (Date.now() - (recall().faissDownloadFailedAt ?? 0) < DAY_MS) return false;
  say('downloading the faiss binding');
  const installer = inRoot('node_modules/prebuild-install/bin.js');
  const options = { cwd: FAISS_NODE, timeoutMs: DOWNLOAD_TIMEOUT_MS };
  const { ok } = await run(process.execPath, [installer, '--runtime', 'napi'], options);
  if (ok && (await load()).ok) return true;
  remember({ faissDownloadFailedAt: Date.now() });
  rmSync(FOLDER, { recursive: true, force: true });
  return false;
}

async function compile() {
  if (!canCompile() && !(await installDebianPackages(DEBIAN_PACKAGES))) return false;
  say('the download is not available here: compiling the faiss binding against libfaiss (g++)');
  mkdirSync(FOLDER, { recursive: true });
  const object = `${BINDING}.${process.pid}`;
  const compiled = await run('g++', compilerArguments(object));
  if (compiled.ok) renameSync(object, BINDING);
  const { ok, output } = compiled.ok ? await load() : compiled;
  if (!ok) say(`the faiss binding ${compiled.ok ? 'does not load' : 'does not compile'}:\n${excerpt(output)}`);
  return ok;
}

function canCompile() {
  return findProgram('g++') !== undefined && existsSync('/usr/include/faiss/Index.h');
}

/** faiss-node is written for faiss ≥ 1.7.4, where `idx_t` left the class Index. */
const SHIM = `#include <faiss/Index.h>
#if FAISS_VERSION_MAJOR == 1 && (FAISS_VERSION_MINOR < 7 || (FAISS_VERSION_MINOR == 7 && FAISS_VERSION_PATCH < 4))
namespace faiss { using idx_t = Index::idx_t; }
#endif
`;

function compilerArguments(target) {
  const shim = path.join(FOLDER, 'idx_t.h');
  writeFileSync(shim, SHIM);
  const { resolve } = createRequire(path.join(FAISS_NODE, 'package.json'));
  const includes = [
    inRoot('node_modules/node-api-headers/include'),
    path.dirname(resolve('node-addon-api/package.json')),
  ];
  const options = '-shared -fPIC -O2 -std=c++17 -fopenmp -DNAPI_VERSION=8 -DNAPI_CPP_EXCEPTIONS'.split(' ');
  const headers = [...includes.flatMap((folder) => ['-isystem', folder]), '-include', shim];
  const source = path.join(FAISS_NODE, 'src/faiss.cc');
  return [...options, ...headers, source, '-o', target, '-lfaiss', '-llapack', '-lblas'];
}
