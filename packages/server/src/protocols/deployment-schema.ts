/** What `POST /graphs` takes, as a JSON schema: what no file can be without. All else is said with its line when it is read. */

const KINDS = ['Graph', 'SeldonDeployment', 'InferenceService', 'InferenceGraph', 'TrainedModel'];

/** One document. */
export const DEPLOYMENT_SCHEMA: Readonly<Record<string, unknown>> = {
  type: 'object',
  required: ['kind'],
  properties: {
    apiVersion: {
      description:
        'machinelearning.seldon.io/v1 of a SeldonDeployment, serving.kserve.io/v1beta1 of an InferenceService, …/v1alpha1 of an InferenceGraph and a TrainedModel; none of a Graph',
    },
    kind: { type: 'string', enum: KINDS },
    name: { description: 'Of a Graph: the name of the model' },
    graph: {
      description:
        'Of a Graph: a step, which is the name of a model, or an object with model, handler, url, sequence, parallel, switch or router. Any key of the YAML file of a model may stand beside it',
    },
    metadata: {
      description:
        'Of the others: name, and annotations, of which marserve.io/archives says what stands for images and addresses',
    },
    spec: {
      description:
        'Of the others: predictors of a SeldonDeployment; predictor and transformer of an InferenceService; nodes of an InferenceGraph, with root; model of a TrainedModel, with storageUri',
    },
  },
};
