/** What the bodies of inference requests are, for the API description. */
import type { BodyDescription } from '../../endpoint.ts';
import { DATATYPES } from '../tensors/datatypes.ts';

const PLAIN_VALUE = { oneOf: [{ type: 'boolean' }, { type: 'number' }, { type: 'string' }] };
const PARAMETERS = { type: 'object', nullable: true, additionalProperties: PLAIN_VALUE };
const ID = { oneOf: [{ type: 'string' }, { type: 'number' }] };

const INPUT = {
  type: 'object',
  required: ['name', 'datatype', 'shape'],
  properties: {
    name: { type: 'string', minLength: 1 },
    datatype: { type: 'string', enum: DATATYPES },
    shape: { type: 'array', maxItems: 64, items: { type: 'integer', minimum: 0 } },
    parameters: PARAMETERS,
    data: {
      description: 'The elements in row-major order, in one list or nested; none where binary_data_size is given',
    },
  },
};

const OUTPUT = {
  type: 'object',
  required: ['name'],
  properties: { name: { type: 'string' }, parameters: PARAMETERS },
};

/** See protocols.md 2.2 and 2.3. */
export const INFER_BODY: BodyDescription = {
  description:
    'JSON of this form, or JSON and behind it the data of its binary inputs, with the header Inference-Header-Content-Length for the length of the JSON',
  schema: {
    type: 'object',
    required: ['inputs'],
    properties: {
      id: ID,
      parameters: PARAMETERS,
      inputs: { type: 'array', items: INPUT },
      outputs: { type: 'array', items: OUTPUT },
    },
  },
  bytesAs: 'application/octet-stream',
};

/** Triton's generate extension. */
export const GENERATE_BODY: BodyDescription = {
  description: 'Inputs by their names, each an element or lists of them; keys of any other name are parameters',
  schema: {
    type: 'object',
    properties: { id: ID, parameters: { type: 'object' } },
    additionalProperties: true,
  },
};
