/** What is sent to experiments, as JSON schemas. */

type Schema = Readonly<Record<string, unknown>>;

/** Of the texts that name something. */
const NAME: Schema = { type: 'string', minLength: 1, maxLength: 1000 };

const SIMPLE: Schema = {
  type: 'object',
  additionalProperties: false,
  properties: {
    id: { ...NAME, description: 'x-request-id of the answer' },
    reward: { type: 'number', description: 'For the request as a whole' },
    rewards: {
      type: 'array',
      minItems: 1,
      items: { type: 'number' },
      description: 'One for each instance of the request',
    },
    route: {
      description:
        'x-marserve-route of the answer, or the arm of the only router: needed where the id is not known any more',
      oneOf: [{ type: 'string' }, { type: 'object', additionalProperties: { type: 'string' } }],
    },
    feedback_id: {
      ...NAME,
      description: 'Names the feedback: one that comes again is not counted again. By default the id',
    },
  },
  allOf: [
    { oneOf: [{ required: ['reward'] }, { required: ['rewards'] }] },
    { anyOf: [{ required: ['id'] }, { required: ['route'] }] },
  ],
};

const SELDON: Schema = {
  type: 'object',
  description: "Feedback of Seldon's protocol",
  properties: {
    request: { type: 'object' },
    response: {
      type: 'object',
      properties: {
        meta: {
          type: 'object',
          properties: {
            puid: { type: 'string', maxLength: 1000, description: 'The id of the request' },
            routing: { type: 'object', description: 'The place of the arm of each router, or -1' },
          },
        },
      },
    },
    reward: { type: 'number', default: 0 },
  },
  anyOf: [{ required: ['request'] }, { required: ['response'] }],
};

const LIST: Schema = {
  type: 'array',
  minItems: 1,
  maxItems: 10_000,
  items: { description: 'One of these: what is none is refused by itself, in the answer that it has' },
};

/** A feedback, or a list of such. */
export const FEEDBACK_SCHEMA: Schema = {
  oneOf: [SIMPLE, SELDON, LIST],
};

const ANY_POLICY: Schema = {
  type: 'object',
  additionalProperties: false,
  minProperties: 1,
  properties: {
    frozen: { type: 'boolean', description: 'Whether the policy goes by what was known when it was frozen' },
    weights: {
      type: 'object',
      nullable: true,
      minProperties: 1,
      additionalProperties: { type: 'number', minimum: 0 },
      description: 'The share of each arm in place of what the policy would choose; null ends that',
    },
  },
};

const CANARY: Schema = {
  type: 'object',
  additionalProperties: false,
  required: ['canary'],
  properties: {
    canary: {
      type: 'string',
      enum: ['pause', 'resume', 'promote', 'abort', 'restart'],
      description: 'What becomes of the canary of a router whose policy is one',
    },
  },
};

/** What changes of an experiment. */
export const CONTROL_SCHEMA: Schema = { oneOf: [ANY_POLICY, CANARY] };
