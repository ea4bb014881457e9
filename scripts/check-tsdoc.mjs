/**
 * Fails with the list of what has no TSDoc: exported things, the members of exported interfaces, and what is
 * public of exported classes. Whether a doc is worth reading is for people to judge; that there is one is counted here.
 *
 *     node scripts/check-tsdoc.mjs
 */
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { SyntaxKind } from 'typescript/unstable/ast';
import { isClassDeclaration, isInterfaceDeclaration, isVariableStatement } from 'typescript/unstable/ast/is';
import { API } from 'typescript/unstable/sync';
import { inRoot } from './setup/tools.mjs';

const PROJECTS = readdirSync(inRoot('packages')).map((name) => inRoot('packages', name, 'tsconfig.json'));

const missing = findUndocumented();
if (missing.length > 0) {
  const lines = missing.map(({ place, name }) => `${place} ${name}`);
  process.stderr.write(`${lines.join('\n')}\n${lines.length} without TSDoc: write what a user of each must know\n`);
  process.exitCode = 1;
}

function findUndocumented() {
  const api = new API({ cwd: inRoot() });
  try {
    const projects = api.updateSnapshot({ openProjects: PROJECTS }).getProjects();
    return projects
      .filter(({ configFileName }) => PROJECTS.includes(configFileName))
      .flatMap(sourcesOf)
      .flatMap(undocumentedIn);
  } finally {
    api.close();
  }
}

function sourcesOf({ configFileName, program }) {
  const folder = path.join(path.dirname(configFileName), 'src', path.sep);
  const names = program.getSourceFileNames().filter((name) => name.startsWith(folder));
  return names
    .filter((name) => !/\.test\.ts$|\.d\.ts$|\/test-support\//.test(name))
    .map(program.getSourceFile, program);
}

function undocumentedIn(source) {
  const exported = source.statements.filter((statement) =>
    statement.modifiers?.some(({ kind }) => kind === SyntaxKind.ExportKeyword),
  );
  return exported
    .flatMap((statement) => [
      { node: statement, name: nameOf(statement) },
      ...membersOf(statement).map((node) => ({ node, name: `${nameOf(statement)}.${nameOf(node)}` })),
    ])
    .filter(({ node }) => !hasDoc(source, node))
    .map(({ node, name }) => ({ place: placeOf(source, node), name }));
}

/** The comment above a file's first statement is the file's own, unless it touches the statement. */
function hasDoc(source, node) {
  const doc = node.jsDoc?.at(-1);
  return doc !== undefined && !source.text.slice(doc.end, node.getStart()).includes('\n\n');
}

/**
 * Those of interfaces, and the public ones of classes that stand alone: others have theirs where they are declared. A literal
 * type says itself what the member is: `kind: 'load'`.
 */
function membersOf(statement) {
  if (isClassDeclaration(statement) && statement.heritageClauses === undefined) return publicMembersOf(statement);
  if (!isInterfaceDeclaration(statement)) return [];
  return statement.members.filter(({ type }) => type?.kind !== SyntaxKind.LiteralType);
}

/** Of overloads the first. */
function publicMembersOf({ members }) {
  const named = members.filter(({ name }) => name !== undefined && name.kind !== SyntaxKind.PrivateIdentifier);
  const names = named.map(nameOf);
  return named.filter((_, index) => names.indexOf(names[index]) === index);
}

function nameOf(node) {
  if (isVariableStatement(node)) return node.declarationList.declarations.map(({ name }) => name.getText()).join(', ');
  return node.name?.getText() ?? '(call)';
}

function placeOf(source, node) {
  const line = source.text.slice(0, node.getStart()).split('\n').length;
  return `${path.relative(inRoot(), source.fileName)}:${line}`;
}
