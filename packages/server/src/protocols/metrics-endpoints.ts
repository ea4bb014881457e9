/** The metrics: Prometheus text, all of it or the families named in the query. */
import type { Endpoint } from './endpoint.ts';

/** What the metrics are rendered by. */
export interface MetricsSource {
  /** All of them, or those of these names. */
  render(names?: readonly string[]): Promise<{ readonly contentType: string; readonly body: string }>;
}

/** `GET /metrics`, for the metrics address. */
export function createMetricsEndpoints(source: MetricsSource): Endpoint[] {
  return [
    {
      audience: 'metrics',
      method: 'GET',
      path: '/metrics',
      operationId: 'metrics',
      summary: 'Metrics in the Prometheus text format',
      parameters: [
        { name: 'name[]', in: 'query', type: 'string', description: 'Only metrics of this name; may be repeated' },
      ],
      responses: { 200: 'Metrics' },
      async handle({ query }) {
        const names = query.getAll('name[]');
        const { contentType, body } = await source.render(names.length === 0 ? undefined : names);
        return { status: 200, headers: { 'content-type': contentType }, body };
      },
    },
  ];
}
