/** Parameters by which Triton's clients and servers tell how a request in a stream goes on. */

/** Whether a response without outputs is to follow the last one. */
export const EMPTY_FINAL_RESPONSE = 'triton_enable_empty_final_response';
