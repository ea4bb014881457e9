/** Triton's statistics extension. */
import type { DataPlane } from '../../../core/data-plane.ts';
import { compactJson } from '../../compact-json.ts';
import type { Endpoint } from '../../endpoint.ts';
import { modelStatistics } from '../models/model-statistics.ts';
import { getJson, ofModel } from './get-endpoints.ts';

/** Of all models, of one, of one version. */
export function createStatisticsEndpoints(dataPlane: DataPlane): Endpoint[] {
  return [
    getJson('/v2/models/stats', ['all_statistics', 'What has become of the requests to all models'], () =>
      modelStatistics(dataPlane),
    ),
    ...ofModel('/stats', ['model_statistics', 'What has become of the requests to a model'], (name, version) =>
      compactJson(200, modelStatistics(dataPlane, name, version)),
    ).map((endpoint) => ({ ...endpoint, summary: endpoint.summary.replace('the default version', 'all versions') })),
  ];
}
