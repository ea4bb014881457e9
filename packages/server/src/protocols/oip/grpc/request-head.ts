/** What the daemon reads of a ModelInferRequest: which model it is for, and what streams need to know. */
import { WireType } from '@bufbuild/protobuf/wire';
import { refusing } from '../../grpc/messages.ts';
import { visitFields } from '@marserve/client/protobuf';
import type { Parameters } from '../inference/parameters.ts';
import { readParameterEntries } from './parameter-messages.ts';

/** Fields of the message, without its tensors. */
export interface RequestHead {
  /** Empty when it names none. */
  readonly modelName: string;
  /** Undefined for the default one. */
  readonly modelVersion: string | undefined;
  /** Empty when it has none. */
  readonly id: string;
  /** Short ones: what streams and the queue heed is among them. */
  readonly parameters: Parameters;
}

/** More than any model has inputs. */
const MOST_FIELDS = 10_000;
/** Of a parameter that is looked into; longer ones are the worker's matter. */
const MOST_PARAMETER_BYTES = 256;

/** @throws ServeError `invalid_argument` for bytes that are no such message */
export function readHead(message: Uint8Array): RequestHead {
  let [modelName, modelVersion, id] = ['', '', ''];
  const entries: Uint8Array[] = [];
  const parameters = refusing('ModelInferRequest', () => {
    visitFields(
      message,
      (field, type, reader) => {
        if (type !== WireType.LengthDelimited) return;
        if (field === 1) modelName = reader.string();
        else if (field === 2) modelVersion = reader.string();
        else if (field === 3) id = reader.string();
        else if (field === 4) entries.push(reader.bytes());
      },
      MOST_FIELDS,
    );
    return readParameterEntries(entries.filter(({ byteLength }) => byteLength <= MOST_PARAMETER_BYTES));
  });
  return { modelName, modelVersion: modelVersion === '' ? undefined : modelVersion, id, parameters };
}
