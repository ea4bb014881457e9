/** Recognises npm packages with a native binary: those cannot become a part of a bundle. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { Plugin } from 'esbuild';

/** A package with a native binary, and how it shows. */
export interface NativePackage {
  /** As it is imported. */
  readonly name: string;
  /** For messages: what in the package is native. */
  readonly reason: string;
}

/** The file path of a module, up to its innermost package. */
const PACKAGE_FOLDER = /^.*[/\\]node_modules[/\\](?<name>@[^/\\]+[/\\][^/\\]+|[^/\\]+)/;
/** What packages use to find or build their own binary when they are loaded. */
const BINARY_LOADERS = [
  'bindings',
  'node-gyp-build',
  'node-gyp-build-optional-packages',
  '@mapbox/node-pre-gyp',
  'prebuild-install',
  'node-addon-api',
];

/** Stops a bundling at the first import of a `.node` file; the error's `detail` is `{ nativePackage }`. */
export const nativeBinaries: Plugin = {
  name: 'native-binaries',
  setup(build) {
    build.onLoad({ filter: /\.node$/ }, ({ path }) => {
      const folder = packageOf(path);
      const text = folder === undefined ? path : relative(folder.root, path);
      return { errors: [{ text, detail: { nativePackage: folder?.name ?? path } }] };
    });
  },
};

/** The first package among bundled files that has, or builds, a native binary. */
export async function findNativePackage(files: readonly string[]): Promise<NativePackage | undefined> {
  const packages = new Map(
    files.map(packageOf).flatMap((found) => (found === undefined ? [] : [[found.root, found.name]])),
  );
  for (const [root, name] of packages) {
    const reason = await nativeReason(root);
    if (reason !== undefined) return { name, reason };
  }
  return undefined;
}

function packageOf(file: string): { root: string; name: string } | undefined {
  const match = PACKAGE_FOLDER.exec(file);
  return match?.groups?.name === undefined ? undefined : { root: match[0], name: match.groups.name.replace('\\', '/') };
}

interface PackageJson {
  readonly gypfile?: boolean;
  readonly dependencies?: Readonly<Record<string, string>>;
}

async function nativeReason(root: string): Promise<string | undefined> {
  if (existsSync(join(root, 'binding.gyp'))) return 'binding.gyp';
  const text = await readFile(join(root, 'package.json'), 'utf8').catch(() => '{}');
  const { gypfile, dependencies = {} } = JSON.parse(text) as PackageJson;
  if (gypfile === true) return 'gypfile in its package.json';
  const loader = BINARY_LOADERS.find((name) => name in dependencies);
  return loader === undefined ? undefined : `it is loaded by ${loader}`;
}
