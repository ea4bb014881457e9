/** What would be published: a tarball for each package, in `tarballs`, or in the folder that the argument names. */
import { mkdirSync } from 'node:fs';
import { SetupError, inRoot, run } from './setup/tools.mjs';

const folder = process.argv[2] ?? inRoot('tarballs');
mkdirSync(folder, { recursive: true });
const packages = ['client', 'handlers', 'archiver', 'server'].flatMap((name) => [
  '--workspace',
  inRoot('packages', name),
]);
const { ok, output } = await run('npm', ['pack', '--silent', '--pack-destination', folder, ...packages]);
if (!ok) throw new SetupError(`npm pack failed:\n${output}`);
process.stdout.write(`${output}\nInstall them with: npm install ${folder}/*.tgz\n`);
