/** Tells clients which arms routers have chosen. */
import type { TransformerRequest } from '../../transformer/requests.ts';

/** Of the answer: `NAME=ARM` of each router, with commas between them. */
const ROUTE_HEADER = 'x-marserve-route';

/** For one request; of a router that chooses again, its last arm is told. */
export function routeTeller({ setHeader }: Pick<TransformerRequest, 'setHeader'>) {
  const routes = new Map<string, string>();
  return (router: string, arm: string): void => {
    routes.set(router, arm);
    setHeader(ROUTE_HEADER, [...routes].map((route) => route.join('=')).join(', '));
  };
}
