/** A protocol is one folder and one entry in a list: taking both away takes the protocol away, and touches nothing else. */
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { PROFILE_NAMES } from '../../packages/server/src/config/profiles.ts';
import { PROTOCOLS } from '../../packages/server/src/protocols/index.ts';
import { ROOT } from '../helpers/pages.ts';

const PROTOCOLS_FOLDER = 'packages/server/src/protocols';
const INDEX = `${PROTOCOLS_FOLDER}/index.ts`;

async function sourceFiles(folder: string): Promise<string[]> {
  const entries = await readdir(path.join(ROOT, folder), { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && /(?<!\.test|\.d)\.ts$/.test(entry.name));
  return files.map(({ parentPath, name }) => path.relative(ROOT, path.join(parentPath, name)));
}

/** But for the client, which speaks the protocols and knows nothing of the server. */
const packages = (await readdir(path.join(ROOT, 'packages'))).filter((name) => name !== 'client');
const files = (await Promise.all(packages.map((name) => sourceFiles(`packages/${name}/src`)))).flat();
const sources = new Map(
  await Promise.all(files.map(async (file) => [file, await readFile(path.join(ROOT, file), 'utf8')] as const)),
);

/** Files outside of a protocol's folder, but for the list, in which the pattern occurs. */
function othersWith(name: string, pattern: RegExp): string[] {
  // A profile may have the name of its protocol.
  const isProfile = (file: string) =>
    PROFILE_NAMES.some((profile) => profile === name) && file.startsWith('packages/server/src/config/');
  // A transformer asks predictors through the client, and names what it speaks to them.
  const isTransformer = (file: string) => /^packages\/handlers\/src\/transformer\/|\/keys\/predictor\.ts$/.test(file);
  const isOther = (file: string) =>
    file !== INDEX && !file.startsWith(`${PROTOCOLS_FOLDER}/${name}/`) && !isProfile(file) && !isTransformer(file);
  return [...sources].filter(([file, source]) => isOther(file) && pattern.test(source)).map(([file]) => file);
}

const NAMES = PROTOCOLS.map(({ name }) => name);

describe('a protocol', () => {
  it.each(NAMES)('has a folder of its name, which the list alone imports from: %s', (name) => {
    expect(files.some((file) => file.startsWith(`${PROTOCOLS_FOLDER}/${name}/`))).toBe(true);
    expect(othersWith(name, new RegExp(`(?:from|import\\() *'[^']*/${name}/[^']*'`))).toEqual([]);
  });

  // The first one has the name of a profile, and of much else.
  it.each(NAMES.slice(1))('is named by nobody else: %s', (name) => {
    expect(othersWith(name, new RegExp(`['"\`]${name}['"\`]`))).toEqual([]);
  });
});
