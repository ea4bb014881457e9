/** What `POST /graphs` takes, as JSON schemas: as much of each kind as it cannot be without. */

type Schema = Readonly<Record<string, unknown>>;

const METADATA: Schema = {
  type: 'object',
  required: ['name'],
  properties: {
    name: { type: 'string', pattern: '^[A-Za-z0-9][A-Za-z0-9_.-]*$', description: 'Of the model that comes of it' },
    annotations: {
      type: 'object',
      description: 'marserve.io/archives has which archive stands for an image, an address or a name',
      additionalProperties: { type: 'string' },
    },
  },
};

/** An object of Kubernetes. @param description what becomes of it @param spec its members, and those that must be there */
function kind(name: string, description: string, spec: { readonly required?: string[]; readonly properties: Schema }) {
  return {
    type: 'object',
    description,
    required: ['apiVersion', 'kind', 'metadata', 'spec'],
    properties: {
      apiVersion: { type: 'string', description: `Such as ${APIS[name]}` },
      kind: { type: 'string', enum: [name] },
      metadata: METADATA,
      spec: { type: 'object', ...spec },
    },
  };
}

const APIS: Readonly<Record<string, string>> = {
  SeldonDeployment: 'machinelearning.seldon.io/v1',
  InferenceService: 'serving.kserve.io/v1beta1',
  InferenceGraph: 'serving.kserve.io/v1alpha1',
  TrainedModel: 'serving.kserve.io/v1alpha1',
};

const GRAPH: Schema = {
  type: 'object',
  description: 'A graph by its name, with any key of the YAML file of a model',
  required: ['name', 'graph'],
  properties: {
    kind: { type: 'string', enum: ['Graph'] },
    name: { type: 'string', minLength: 1, description: 'Of the model' },
    graph: {
      description:
        'A step: the name of a model, or an object with model, handler, url, sequence, parallel, switch or router. What it says is looked at when it is registered',
    },
  },
};

const NODES: Schema = {
  type: 'object',
  required: ['root'],
  additionalProperties: {
    type: 'object',
    required: ['routerType', 'steps'],
    properties: {
      routerType: { type: 'string', enum: ['Sequence', 'Switch', 'Ensemble', 'Splitter'] },
      steps: { type: 'array', minItems: 1, items: { type: 'object' } },
    },
  },
};

const MODEL: Schema = {
  type: 'object',
  required: ['storageUri'],
  properties: { framework: { type: 'string' }, storageUri: { type: 'string', minLength: 1 } },
};

/** One document. */
export const DEPLOYMENT_SCHEMA: Schema = {
  oneOf: [
    GRAPH,
    kind('SeldonDeployment', 'A model for each unit, and one that joins them', {
      required: ['predictors'],
      properties: { predictors: { type: 'array', minItems: 1, items: { type: 'object', required: ['graph'] } } },
    }),
    kind('InferenceService', 'A model for the predictor, and one for its transformer', {
      properties: { predictor: { type: 'object' }, transformer: { type: 'object' }, explainer: { type: 'object' } },
    }),
    kind('InferenceGraph', 'A graph of its nodes', { required: ['nodes'], properties: { nodes: NODES } }),
    kind('TrainedModel', 'A model', { required: ['model'], properties: { model: MODEL } }),
  ],
};
