/** KServe's TrainedModel (`serving.kserve.io/v1alpha1`): a model of an InferenceService with several. */
import type { Kind } from './kind.ts';
import { readMetadata } from './metadata.ts';

/** One model. */
export const trainedModel: Kind = {
  kind: 'TrainedModel',
  apis: ['serving.kserve.io'],
  plan(object, options) {
    const { name, archives } = readMetadata(object, options);
    const spec = object.at('spec').required();
    const model = spec.at('model').required();
    model.at('framework').value();
    model.at('memory').ignore('the memory of workers is not reserved');
    spec.at('inferenceService').ignore('every model of this server is asked by its own name');
    const from = model.at('storageUri').required();
    const url = archives.named(name) ?? archives.find([from]) ?? '';
    if (url === '') throw from.error('is empty');
    return [{ name, source: { url }, stands: `TrainedModel "${name}"` }];
  },
};
