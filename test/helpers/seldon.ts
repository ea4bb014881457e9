/** Asks in Seldon's protocol. */

/** The body as JSON, unless it is a text or a form. */
export async function askSeldon(
  url: string,
  body: unknown,
  headers: Record<string, string> = { 'content-type': 'application/json' },
) {
  const bytes = body instanceof FormData ? body : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
  const answer = await fetch(url, { method: 'POST', body: bytes, headers });
  return { status: answer.status, headers: answer.headers, body: (await answer.json()) as Record<string, never> };
}
