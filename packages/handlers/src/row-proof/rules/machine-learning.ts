/** The operators of `ai.onnx.ml`, which scikit-learn, XGBoost and LightGBM are exported to. */
import { notFollowed } from '../not-followed.ts';
import { broadcast, type Operation, type Rule, type Rules } from '../operation.ts';
import { ONE, product, sizeOf, type Size } from '../size.ts';
import { batchAxisOf, hasRows, traced, type Traced } from '../traced.ts';
import { reshaped } from './layout.ts';

/** A table of rows; a single axis would be one row of features. */
function table(operation: Operation): { rows: Size; outer: Size } {
  const { shape, outer } = operation.data(0);
  const [rows] = shape;
  if (shape.length !== 2 || rows === undefined || batchAxisOf(shape) > 0) throw notFollowed('mixes');
  return { rows, outer };
}

/** A label and a score of each class. */
const classifier: Rule = (operation) => {
  const { rows, outer } = table(operation);
  return [traced([rows], outer), traced([rows, operation.own('classes')], outer)];
};

const regressor: Rule = (operation) => {
  const { rows, outer } = table(operation);
  const { node } = operation;
  const targets = node.int('targets') ?? node.int('n_targets');
  const isOfOne = node.op === 'SVMRegressor' || (node.op === 'LinearRegressor' && targets === undefined);
  const columns = isOfOne ? ONE : targets === undefined ? operation.own('targets') : sizeOf(targets);
  return traced([rows, columns], outer);
};

/** By feature. */
const perColumn: Rule = (operation) => {
  const { shape, outer } = operation.data(0);
  operation.requireBatchOff([shape.length - 1]);
  return traced(shape, outer);
};

const perElement: Rule = (operation) => {
  const { shape, outer } = operation.data(0);
  return traced(shape, outer);
};

/** A column of 0 and 1 for each category. */
const oneHotEncoder: Rule = (operation) => {
  const { shape, outer } = operation.data(0);
  const { node } = operation;
  const categories = node.ints('cats_int64s')?.length ?? node.strings('cats_strings')?.length;
  return traced([...shape, categories === undefined ? operation.own('categories') : sizeOf(categories)], outer);
};

/** Columns by their numbers, of the last axis; of a list, one row of them. */
const arrayFeatureExtractor: Rule = (operation) => {
  const [data, places] = [operation.data(0), operation.data(1)];
  operation.requireBatchOff([data.shape.length - 1]);
  if (hasRows(data) && hasRows(places)) throw notFollowed('mixes');
  const flat = reshaped(places, [product(places.shape)]);
  const front = data.shape.length === 1 ? [ONE] : data.shape.slice(0, -1);
  return traced([...front, ...(flat.shape ?? [])], hasRows(data) ? data.outer : flat.outer);
};

const featureVectorizer: Rule = (operation) => {
  const parts = operation.inputs.map((_, index) => operation.data(index));
  if (parts.some(({ shape }) => shape.length !== 2 || batchAxisOf(shape) !== 0)) throw notFollowed('mixes');
  const { shape, outer } = broadcast(
    parts.map((part) => ({ ...part, shape: part.shape.slice(0, 1) })),
    operation,
  );
  return traced([shape[0] ?? ONE, operation.own('features')], outer);
};

/** Counts of words in each row; a single axis is one row of words. */
const tfIdfVectorizer: Rule = (operation) => {
  const { rows, outer } = table(operation);
  return traced([rows, operation.own('terms')], outer);
};

/** Element by element, unless it drops words. */
const stringNormalizer: Rule = (operation) => {
  if (operation.node.has('stopwords')) throw notFollowed('mixes');
  return perElement(operation);
};

/** What is left of it when a model is opened. */
const zipMap: Rule = (operation): Traced => {
  const { shape, outer } = operation.data(0);
  if (shape.length > 2 || shape.slice(1).some((size) => size.batch > 0)) throw notFollowed('mixes');
  return traced(shape, outer);
};

const RULES: Rules = {
  ArrayFeatureExtractor: arrayFeatureExtractor,
  Binarizer: perElement,
  CategoryMapper: perElement,
  FeatureVectorizer: featureVectorizer,
  Imputer: perColumn,
  LabelEncoder: perElement,
  LinearClassifier: classifier,
  LinearRegressor: regressor,
  Normalizer: perColumn,
  OneHotEncoder: oneHotEncoder,
  SVMClassifier: classifier,
  SVMRegressor: regressor,
  Scaler: perColumn,
  TreeEnsemble: regressor,
  TreeEnsembleClassifier: classifier,
  TreeEnsembleRegressor: regressor,
  ZipMap: zipMap,
};

/** By operator. */
export const MACHINE_LEARNING_RULES: Rules = {
  ...Object.fromEntries(Object.entries(RULES).map(([op, rule]) => [`ai.onnx.ml:${op}`, rule])),
  TfIdfVectorizer: tfIdfVectorizer,
  StringNormalizer: stringNormalizer,
};
