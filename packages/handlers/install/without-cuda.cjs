/**
 * Runs before onnxruntime-node's own install script, which downloads libraries for CUDA (hundreds of megabytes, from
 * nuget.org) on every Linux machine where it does not find them, and fails where it cannot. marserve runs models on the
 * processor: empty files take their place. Whoever wants CUDA says so, and gets it:
 *
 *     npm rebuild onnxruntime-node --onnxruntime-node-install=cuda12
 */
const { existsSync, writeFileSync } = require('node:fs');
const path = require('node:path');

try {
  const runtime = findRuntime();
  if (runtime !== undefined && !isAskedFor()) fillIn(runtime);
} catch (error) {
  // Its own script says what is wrong, if anything is.
  console.warn(`onnxruntime-node's download of CUDA could not be avoided: ${error.message}`);
}

function findRuntime() {
  const folders = module.paths.map((folder) => path.join(folder, 'onnxruntime-node'));
  return folders.find((folder) => existsSync(folder));
}

function isAskedFor() {
  const { ONNXRUNTIME_NODE_INSTALL: variable, npm_config_onnxruntime_node_install: flag } = process.env;
  return Boolean(variable || flag);
}

function fillIn(runtime) {
  const { requirements, manifests } = require(path.join(runtime, 'script/install-metadata.js'));
  const platform = `${process.platform}/${process.arch}`;
  const wanted = (requirements[platform] ?? []).flatMap((name) => Object.keys(manifests[`${platform}:${name}`] ?? {}));
  for (const name of wanted) {
    const file = path.join(runtime, 'bin/napi-v6', platform, name);
    if (!existsSync(file)) writeFileSync(file, '');
  }
}
