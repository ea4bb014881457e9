import { argmax, ImageClassifier, type NamedTensors } from '@marserve/handlers';

const LABELS = ['cat', 'dog'];

/** `cat` or `dog` alone, without probabilities. */
export default class CatDog extends ImageClassifier {
  override postprocess(outputs: NamedTensors[]) {
    return outputs.map(({ probabilities }) => LABELS[argmax(probabilities.data as Float32Array)]);
  }
}
