import { describe, expect, it } from 'vitest';
import { builtInManifest, builtInUrl, findBuiltIn } from './built-in-model.ts';

describe('a model that is a built-in handler', () => {
  it.each([
    ['handler:graph', { handler: 'graph', version: '1.0' }],
    ['handler:graph/3.0', { handler: 'graph', version: '3.0' }],
    ['handler:seldon_graph/2.1-b', { handler: 'seldon_graph', version: '2.1-b' }],
  ])('is called %s', (url, model) => {
    expect(findBuiltIn(url)).toEqual(model);
    expect(findBuiltIn(builtInUrl(model))).toEqual(model);
    expect(builtInManifest(model).model).toEqual({
      modelName: model.handler,
      modelVersion: model.version,
      handler: model.handler,
    });
  });

  it.each(['graph.mar', 'https://host/handler:graph', 'handlers/graph'])('is not %s', (url) => {
    expect(findBuiltIn(url)).toBeUndefined();
  });

  it.each(['handler:', 'handler:../x', 'handler:graph/1/2', 'handler:Graph.js'])('cannot be %s', (url) => {
    expect(() => findBuiltIn(url)).toThrow(
      `Model not found at: ${url} (expected handler:NAME or handler:NAME/VERSION)`,
    );
  });
});
