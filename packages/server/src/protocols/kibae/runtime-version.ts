/** Which ONNX Runtime models are run with. */
import { createRequire } from 'node:module';

/** Such as `1.30.0`; it is not loaded here. */
export function runtimeVersion(): string {
  const { version } = createRequire(import.meta.url)('onnxruntime-node/package.json') as { readonly version: string };
  return version;
}
