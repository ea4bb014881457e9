/** What a version is, in the protocol's words; those of REST and gRPC are the same. */
import type { DataPlane } from '../../../core/data-plane.ts';
import type { TensorSignature } from '../../../core/model-signature.ts';
import { datatypeOf, type Datatype } from '../tensors/datatypes.ts';

/** An input or output of a model. */
export interface TensorMetadata {
  /** As the model calls it. */
  readonly name: string;
  /** The protocol's word for the element type. */
  readonly datatype: Datatype;
  /** -1 for any size. */
  readonly shape: readonly number[];
}

/** As clients get it. */
export interface DescribedModel {
  /** Name of the model. */
  readonly name: string;
  /** All of them, the default one first, or the one that was asked for. */
  readonly versions: readonly string[];
  /** What runs it. */
  readonly platform: string;
  /** In the model's order; empty where nobody tells. */
  readonly inputs: readonly TensorMetadata[];
  /** As the inputs. */
  readonly outputs: readonly TensorMetadata[];
  /** Which model it is, over REST: over gRPC, where servers of the protocol mean two things by this field, headers say it. */
  readonly properties: ModelProperties;
}

/** Properties of the Open Inference Protocol are texts. */
export interface ModelProperties {
  /** The one that was asked for, or the default one. */
  readonly version: string;
  /** `sha256:…` of the serialized model; undefined for one without a file of its own. */
  readonly digest?: string | undefined;
}

/** @param version undefined for the default one @throws ServeError as `DataPlane.modelMetadata` */
export function modelMetadata(dataPlane: DataPlane, name: string, version: string | undefined): DescribedModel {
  const { platform, versions, version: asked, digest, inputs, outputs } = dataPlane.modelMetadata(name, version);
  return {
    name,
    versions: version === undefined ? versions : [asked],
    platform,
    inputs: inputs.map(tensorMetadata),
    outputs: outputs.map(tensorMetadata),
    properties: { version: asked, digest },
  };
}

function tensorMetadata({ name, type, shape }: TensorSignature): TensorMetadata {
  return { name, datatype: datatypeOf(type), shape };
}
