/** What ONNX Runtime refuses has its status before the text, as in the original (protocols.md 6.2). */

/** ORT_FAIL and ORT_INVALID_ARGUMENT. */
export const [FAIL, INVALID_ARGUMENT] = [1, 2];

/** @param status one of ONNX Runtime's */
export function runtimeMessage(status: number, message: string): string {
  return `ONNX Runtime Status Code: ${status}. ${message}`;
}
