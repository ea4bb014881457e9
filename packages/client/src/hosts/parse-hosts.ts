/** The addresses that a client is given. */

/** Schemes that may stand before a host, and what they are of those that connect. */
const SCHEMES: Readonly<Record<string, string>> = {
  'http:': 'http:',
  'https:': 'https:',
  'grpc:': 'http:',
  'grpcs:': 'https:',
};

/**
 * Each once, as URLs without a slash at the end.
 * @param hosts such as `https://models.example/prefix` or `10.0.0.1:8080`; several in a list, or with commas between
 * @param isTls what a host without a scheme is
 * @throws RangeError for none, and for what is no address
 */
export function parseHosts(hosts: string | readonly string[], isTls = false): string[] {
  const list = (typeof hosts === 'string' ? [hosts] : hosts).flatMap((each) => each.split(','));
  const urls = list.map((each) => each.trim()).filter((each) => each !== '');
  if (urls.length === 0) throw new RangeError('expected the address of a server, such as http://127.0.0.1:8080');
  return [...new Set(urls.map((each) => parseHost(each, isTls)))];
}

function parseHost(text: string, isTls: boolean): string {
  const url = toUrl(text.includes('://') ? text : `${isTls ? 'https' : 'http'}://${text}`);
  const scheme = url === undefined ? undefined : SCHEMES[url.protocol];
  if (url === undefined || scheme === undefined || url.hostname === '' || url.search !== '' || url.hash !== '') {
    throw new RangeError(`expected the address of a server, such as http://127.0.0.1:8080, got "${text}"`);
  }
  if (url.username !== '' || url.password !== '') {
    throw new RangeError(`the address of ${url.hostname} has a password: give it as the header authorization`);
  }
  return `${scheme}//${url.host}${url.pathname.replace(/\/+$/, '')}`;
}

function toUrl(text: string): URL | undefined {
  try {
    return new URL(text);
  } catch {
    return undefined;
  }
}
