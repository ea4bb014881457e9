/** A version in the words of Triton's model configuration, as far as they have a meaning here. */
import type { ModelMetadata } from '../../../core/data-plane.ts';
import type { TensorSignature } from '../../../core/model-signature.ts';
import { datatypeOf } from '../tensors/datatypes.ts';

/**
 * `max_batch_size` is 0, which says that shapes are those of whole tensors: a batch axis, where there is one, is the client's
 * own, and it has no limit.
 */
export function modelConfig({ name, version, platform, inputs, outputs }: ModelMetadata): Record<string, unknown> {
  return {
    name,
    platform,
    backend: 'marserve',
    version_policy: { specific: { versions: [version] } },
    max_batch_size: 0,
    input: inputs.map(tensorConfig),
    output: outputs.map(tensorConfig),
  };
}

function tensorConfig({ name, type, shape }: TensorSignature): Record<string, unknown> {
  const datatype = datatypeOf(type);
  return { name, data_type: `TYPE_${datatype === 'BYTES' ? 'STRING' : datatype}`, dims: shape };
}
