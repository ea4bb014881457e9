/** Seldon's messages as tables: the number of each field, and what it is called and holds in JSON of proto3 (proto/seldon, proto/tensorflow). */

/** What a field holds; of several ones, what each of them is. */
export type Kind =
  | 'int32'
  | 'uint32'
  | 'int64'
  | 'uint64'
  | 'bool'
  | 'float'
  | 'double'
  | 'string'
  | 'bytes'
  | 'value'
  | 'list'
  | 'struct'
  | 'any'
  | { readonly names: readonly string[] }
  | { readonly message: MessageType }
  | { readonly mapOf: Kind };

/** A field of a message. */
export interface Field {
  /** In JSON. */
  readonly name: string;
  /** See `Kind`. */
  readonly kind: Kind;
  /** Whether there may be several; default false. */
  readonly isRepeated?: boolean;
  /** Whether the message has one of these fields at most: the last that came counts. Default false. */
  readonly isChoice?: boolean;
}

/** The fields of a message by their numbers. */
export type MessageType = Readonly<Record<number, Field>>;

const one = (name: string, kind: Kind): Field => ({ name, kind });
const several = (name: string, kind: Kind): Field => ({ name, kind, isRepeated: true });
const choice = (name: string, kind: Kind): Field => ({ name, kind, isChoice: true });

const DATA_TYPES = (
  'INVALID FLOAT DOUBLE INT32 UINT8 INT16 INT8 STRING COMPLEX64 INT64 BOOL QINT8 QUINT8 QINT32 BFLOAT16 QINT16 QUINT16 UINT16 ' +
  'COMPLEX128 HALF RESOURCE VARIANT UINT32 UINT64'
)
  .split(' ')
  .map((name) => `DT_${name}`);

const DIM: MessageType = { 1: one('size', 'int64'), 2: one('name', 'string') };
const SHAPE: MessageType = { 2: several('dim', { message: DIM }), 3: one('unknownRank', 'bool') };

/** `tensorflow.TensorProto` */
export const TF_TENSOR: MessageType = {
  1: one('dtype', { names: DATA_TYPES }),
  2: one('tensorShape', { message: SHAPE }),
  3: one('versionNumber', 'int32'),
  4: one('tensorContent', 'bytes'),
  5: several('floatVal', 'float'),
  6: several('doubleVal', 'double'),
  7: several('intVal', 'int32'),
  8: several('stringVal', 'bytes'),
  9: several('scomplexVal', 'float'),
  10: several('int64Val', 'int64'),
  11: several('boolVal', 'bool'),
  12: several('dcomplexVal', 'double'),
  13: several('halfVal', 'int32'),
  16: several('uint32Val', 'uint32'),
  17: several('uint64Val', 'uint64'),
};

const TENSOR: MessageType = { 1: several('shape', 'int32'), 2: several('values', 'double') };

const DATA: MessageType = {
  1: several('names', 'string'),
  2: choice('tensor', { message: TENSOR }),
  3: choice('ndarray', 'list'),
  4: choice('tftensor', { message: TF_TENSOR }),
};

const METRIC: MessageType = {
  1: one('key', 'string'),
  2: one('type', { names: ['COUNTER', 'GAUGE', 'TIMER'] }),
  3: one('value', 'float'),
  4: one('tags', { mapOf: 'string' }),
};

const META: MessageType = {
  1: one('puid', 'string'),
  2: one('tags', { mapOf: 'value' }),
  3: one('routing', { mapOf: 'int32' }),
  4: one('requestPath', { mapOf: 'string' }),
  5: several('metrics', { message: METRIC }),
};

const STATUS: MessageType = {
  1: one('code', 'int32'),
  2: one('info', 'string'),
  3: one('reason', 'string'),
  4: one('status', { names: ['SUCCESS', 'FAILURE'] }),
};

/** `SeldonMessage` */
export const SELDON_MESSAGE: MessageType = {
  1: one('status', { message: STATUS }),
  2: one('meta', { message: META }),
  3: choice('data', { message: DATA }),
  4: choice('binData', 'bytes'),
  5: choice('strData', 'string'),
  6: choice('jsonData', 'value'),
  7: choice('customData', 'any'),
};

/** `SeldonMessageList` */
export const SELDON_MESSAGE_LIST: MessageType = { 1: several('seldonMessages', { message: SELDON_MESSAGE }) };

/** `Feedback` */
export const FEEDBACK: MessageType = {
  1: one('request', { message: SELDON_MESSAGE }),
  2: one('response', { message: SELDON_MESSAGE }),
  3: one('reward', 'float'),
  4: one('truth', { message: SELDON_MESSAGE }),
};

const MESSAGE_METADATA: MessageType = {
  1: one('messagetype', 'string'),
  2: one('schema', 'value'),
  3: one('name', 'string'),
  4: one('datatype', 'string'),
  5: several('shape', 'int64'),
};

/** `SeldonModelMetadata` */
export const MODEL_METADATA: MessageType = {
  1: one('name', 'string'),
  2: several('versions', 'string'),
  3: one('platform', 'string'),
  4: several('inputs', { message: MESSAGE_METADATA }),
  5: several('outputs', { message: MESSAGE_METADATA }),
  6: one('custom', { mapOf: 'string' }),
};

/** `SeldonGraphMetadata`, with the names that it has over REST. */
export const GRAPH_METADATA: MessageType = {
  1: one('name', 'string'),
  2: one('models', { mapOf: { message: MODEL_METADATA } }),
  3: several('graphinputs', { message: MESSAGE_METADATA }),
  4: several('graphoutputs', { message: MESSAGE_METADATA }),
};
