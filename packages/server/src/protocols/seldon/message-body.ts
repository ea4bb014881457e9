/** Bodies of Seldon's protocol, as the API description has them. */
import type { BodyDescription } from '../endpoint.ts';

const FORMS = 'also as the field json of a form or of the query, or as a multipart form of its fields';

const ANY_LIST = { type: 'array', items: {} };

/** A tensor and TensorFlow's are taken as well, and are more than a schema can say. */
const KINDS = {
  data: {
    type: 'object',
    properties: { ndarray: ANY_LIST, names: { ...ANY_LIST, nullable: true } },
    required: ['ndarray'],
  },
  strData: { type: 'string' },
  binData: { type: 'string' },
  jsonData: { oneOf: [{ type: 'object' }, ANY_LIST, { type: 'string' }, { type: 'number' }, { type: 'boolean' }] },
};

/** Null is as good as nothing, in JSON of proto3; but in `jsonData` it is a value. */
const NOTHING = { nullable: true, enum: [null] };
const NO_VALUE = { not: {} };

/** One kind, and none of the others. */
export const MESSAGE: BodyDescription = {
  description: `A SeldonMessage; ${FORMS}`,
  schema: {
    type: 'object',
    oneOf: Object.entries(KINDS).map(([kind, schema]) => ({
      type: 'object',
      properties: Object.fromEntries(
        Object.keys(KINDS).map(
          (each) => [each, each === kind ? schema : each === 'jsonData' ? NO_VALUE : NOTHING] as const,
        ),
      ),
      required: [kind],
    })),
  },
};

/** What came of a prediction. */
export const FEEDBACK: BodyDescription = { description: `A Feedback; ${FORMS}`, schema: { type: 'object' } };
