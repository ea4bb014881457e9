/**
 * Compiles packages/server/proto/FOLDER/*.proto, and writes the descriptors of each folder as base64 to
 * packages/server/src/protocols/FOLDER/descriptors.ts.
 *
 *     PYTHON=… node scripts/generate-protos.mjs [--check]
 *
 * The compiler is that of the Python package grpcio-tools. `--check` writes nothing and exits 1 when a file is out of date.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const PROTOS = fileURLToPath(new URL('../packages/server/proto/', import.meta.url));
const PROTOCOLS = fileURLToPath(new URL('../packages/server/src/protocols/', import.meta.url));
/** Whose files are imported by others, and have no folder among the protocols. */
const IMPORTED = ['google', 'tensorflow'];

const isCheck = process.argv.includes('--check');
for (const folder of readdirSync(PROTOS)) if (!IMPORTED.includes(folder)) generate(folder);

function generate(folder) {
  const target = path.join(PROTOCOLS, folder, 'descriptors.ts');
  const content = moduleOf(folder, compile(folder));
  if (content === readOrUndefined(target)) return;
  if (!isCheck) return writeFileSync(target, content);
  process.stderr.write(`${target} is out of date. Run: npm run protos\n`);
  process.exitCode = 1;
}

function compile(folder) {
  const scratch = mkdtempSync(path.join(tmpdir(), 'marserve-protos-'));
  const out = path.join(scratch, 'descriptors.binpb');
  const files = readdirSync(path.join(PROTOS, folder)).map((name) => `${folder}/${name}`);
  try {
    const args = [
      '-m',
      'grpc_tools.protoc',
      `--proto_path=${PROTOS}`,
      '--include_imports',
      `--descriptor_set_out=${out}`,
    ];
    execFileSync(process.env.PYTHON ?? 'python3', [...args, ...files.sort()], { stdio: 'inherit' });
    return readFileSync(out);
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

function moduleOf(folder, bytes) {
  const lines = bytes.toString('base64').match(/.{1,110}/g);
  return `/** \`proto/${folder}\`, compiled by \`npm run protos\`: a google.protobuf.FileDescriptorSet. */
export const DESCRIPTORS = [
${lines.map((line) => `  '${line}',`).join('\n')}
].join('');
`;
}

function readOrUndefined(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
