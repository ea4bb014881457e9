/** The description of Seldon's paths: as OpenAPI, and as a page for people. */
import type { Endpoint, PlainResponse } from '../endpoint.ts';
import { jsonResponse } from '../json-response.ts';
import { describeApi } from '../openapi.ts';
import type { Planes } from '../protocol.ts';

const TITLE = "marserve, Seldon Core's protocol";

/** @param endpoints what is described */
export function createDocEndpoints({ serverVersion }: Planes, endpoints: readonly Endpoint[]): Endpoint[] {
  const openapi = () => jsonResponse(200, describeApi({ title: TITLE, version: serverVersion }, endpoints));
  const docs: readonly (readonly [path: string, id: string, handle: () => PlainResponse])[] = [
    ['/seldon.json', 'openapi', openapi],
    ['/api/v1.0/doc/seldon.json', 'doc_openapi', openapi],
    ['/api/v1.0/doc', 'doc', () => page(endpoints)],
  ];
  return docs.map(([path, id, handle]) => ({
    audience: 'inference',
    method: 'GET',
    path,
    operationId: `seldon_${id}`,
    summary: "The description of Seldon's paths",
    parameters: [],
    responses: { 200: 'OpenAPI, or a page' },
    handle: () => Promise.resolve().then(handle),
  }));
}

function page(endpoints: readonly Endpoint[]): PlainResponse {
  const rows = endpoints.map(
    ({ method, path, summary }) => `<tr><td>${method}</td><td><code>${path}</code></td><td>${summary}</td></tr>`,
  );
  const body = `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>${TITLE}</title>
<h1>${TITLE}</h1><p><a href="/seldon.json">OpenAPI</a></p>
<table>
${rows.join('\n')}
</table></html>
`;
  return { status: 200, headers: { 'content-type': 'text/html; charset=utf-8' }, body };
}
