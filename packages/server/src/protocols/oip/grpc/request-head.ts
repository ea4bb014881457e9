/** What the daemon reads of a ModelInferRequest: which model it is for. */
import { WireType } from '@bufbuild/protobuf/wire';
import { ServeError } from '../../../core/errors.ts';
import { refusing } from '../../grpc/messages.ts';
import { readFields } from '../../grpc/read-fields.ts';

export interface RequestHead {
  readonly modelName: string;
  /** Undefined for the default one. */
  readonly modelVersion: string | undefined;
}

/** More than any model has inputs. */
const MOST_FIELDS = 10_000;

/** @throws ServeError `invalid_argument` for bytes that are no such message, and one that names no model */
export function readHead(message: Uint8Array): RequestHead {
  let [modelName, modelVersion] = ['', ''];
  refusing('ModelInferRequest', () =>
    readFields(
      message,
      (field, type, reader) => {
        if (type !== WireType.LengthDelimited) return;
        if (field === 1) modelName = reader.string();
        else if (field === 2) modelVersion = reader.string();
      },
      MOST_FIELDS,
    ),
  );
  if (modelName === '') throw new ServeError('invalid_argument', 'The request: expected a model_name, got none');
  return { modelName, modelVersion: modelVersion === '' ? undefined : modelVersion };
}
