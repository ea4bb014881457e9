import { describe, expect, it } from 'vitest';
import { createBatchContext, createModelContext, type MetricSample } from './context.ts';

function setUp() {
  const samples: MetricSample[] = [];
  const logs: unknown[] = [];
  const manifest = { runtime: 'node', model: { modelName: 'm', modelVersion: '2.0', handler: 'h' } };
  const facts = {
    manifest,
    modelDir: '/model',
    modelConfig: { key: 1 },
    gpuId: -1,
    batchSize: 4,
    serverVersion: '0.1.0',
  };
  const model = createModelContext(facts, {
    onMetric: (sample) => samples.push(sample),
    onLog: (...line) => logs.push(line),
  });
  const { context, responses } = createBatchContext(model, [
    {
      requestId: 'a',
      headers: ['X-Key', 'first', 'X-Key', 'second', 'x-key', 'lower'],
    },
    { requestId: 'b', headers: [] },
  ]);
  return { model, context, responses, samples, logs };
}

describe('the model context', () => {
  it('tells about the model and the server', () => {
    const { model } = setUp();
    expect(model).toMatchObject({ modelName: 'm', modelVersion: '2.0', modelDir: '/model', modelConfig: { key: 1 } });
    expect(model.systemProperties).toEqual({
      modelDir: '/model',
      gpuId: -1,
      batchSize: 4,
      serverName: 'marserve',
      serverVersion: '0.1.0',
    });
  });

  it('hands log lines on', () => {
    const { model, logs } = setUp();
    model.logger.warn('careful', { row: 1 });
    expect(logs).toEqual([['warn', 'careful', { row: 1 }]]);
  });

  it('hands metrics on, with the dimensions ModelName and Level', () => {
    const { model, samples } = setUp();
    model.metrics.addCounter('hits', 1, { dimensions: { kind: 'x' } });
    model.metrics.addTime('took', 2);
    model.metrics.addSize('size', 3, { unit: 'kB' });
    model.metrics.addPercent('share', 4);
    model.metrics.addHistogram('spread', 5, { unit: 'words' });
    model.metrics.addGauge('level', -6);
    expect(samples.map(({ name, kind, value, unit }) => [name, kind, value, unit])).toEqual([
      ['hits', 'counter', 1, 'count'],
      ['took', 'gauge', 2, 'ms'],
      ['size', 'gauge', 3, 'kB'],
      ['share', 'gauge', 4, 'percent'],
      ['spread', 'histogram', 5, 'words'],
      ['level', 'gauge', -6, 'count'],
    ]);
    expect(samples[0]?.dimensions).toEqual({ ModelName: 'm', Level: 'Model', kind: 'x' });
  });

  it('refuses metrics that nobody could show', () => {
    const { metrics } = setUp().model;
    expect(() => metrics.addCounter('c', -1)).toThrow('counter c: expected a value of at least 0, got -1');
    expect(() => metrics.addGauge('g', NaN)).toThrow('metric g: expected a finite number, got NaN');
    expect(() => metrics.addGauge('two words', 1)).toThrow('metric "two words": expected a name');
    expect(() => metrics.addTime('t', 1, { unit: 'h' })).toThrow('metric t: expected unit ms or s, got h');
    expect(() => metrics.addGauge('g', 1, { dimensions: { 'a-b': '1' } })).toThrow('"a-b" is not a dimension name');
  });
});

describe('the batch context', () => {
  it("finds a header by the client's spelling, then by any; of a repeated one the last", () => {
    const { context } = setUp();
    expect(context.getRequestHeader(0, 'X-Key')).toBe('second');
    expect(context.getRequestHeader(0, 'x-key')).toBe('lower');
    expect(context.getRequestHeader(0, 'X-KEY')).toBe('lower');
    expect(context.getRequestHeader(1, 'X-Key')).toBeUndefined();
    expect(context.getAllRequestHeaders(0)).toEqual({ 'X-Key': 'second', 'x-key': 'lower' });
  });

  it('has one request id per row', () => {
    const { context } = setUp();
    expect(context.requestIds).toEqual(['a', 'b']);
    expect([context.getRequestId(), context.getRequestId(1)]).toEqual(['a', 'b']);
  });

  it('collects what the handler sets on the answers', () => {
    const { context, responses } = setUp();
    context.setResponseContentType(0, 'image/png');
    context.setResponseHeader(1, 'X-Out', 'v');
    context.setResponseHeader(1, 'Content-Type', 'text/plain');
    context.setResponseStatus(201, 'Made', 1);
    expect(responses).toEqual([
      { contentType: 'image/png', headers: {} },
      { contentType: 'text/plain', headers: { 'X-Out': 'v' }, status: 201, reason: 'Made' },
    ]);
    context.setAllResponseStatus(202);
    expect(responses.map(({ status, reason }) => [status, reason])).toEqual([
      [202, undefined],
      [202, undefined],
    ]);
  });

  it('can be narrowed to some rows, again and again', () => {
    const { context, responses } = setUp();
    const narrowed = context.forRows([1, 0]).forRows([0]);
    expect(narrowed.requestIds).toEqual(['b']);
    narrowed.setResponseStatus(404);
    expect(responses[1]?.status).toBe(404);
    expect(narrowed.modelName).toBe('m');
  });

  it('refuses what would break an answer', () => {
    const { context } = setUp();
    expect(() => context.setResponseHeader(0, 'X', 'a\r\nSet-Cookie: b')).toThrow('must be text without line breaks');
    expect(() => context.setResponseHeader(0, 'bad name', 'v')).toThrow('"bad name" is not a header name');
    expect(() => context.setResponseHeader(0, 'Content-Length', '1')).toThrow('the server itself sets Content-Length');
    expect(() => context.setResponseContentType(0, 'a\nb')).toThrow('must be text without line breaks');
    expect(() => context.setResponseStatus(200, 'a\nb')).toThrow('must be text without line breaks');
    for (const status of [100, 199, 600, 200.5, NaN])
      expect(() => context.setResponseStatus(status)).toThrow(RangeError);
    expect(() => context.getRequestId(2)).toThrow('there is no row 2 in a batch of 2');
    expect(() => context.forRows([5])).toThrow('there is no row 5 in a batch of 2');
  });
});
