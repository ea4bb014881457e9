/** What the worker is told of a request to a route of the handler's own. */

/** Stands last among the headers, and is none that a client could send. */
export const ROUTE_HEADER = ':route';

/** As JSON, the value of that header. */
export interface RoutedRequest {
  /** As the model's YAML file has it. */
  readonly route: string;
  /** That of the route, or `HEAD`. */
  readonly method: string;
  /** As it came, without the query. */
  readonly path: string;
  /** What stands for the names in the route, decoded; the rest of a path as it came. */
  readonly params: Readonly<Record<string, string>>;
  /** As it came. */
  readonly query: string;
}
