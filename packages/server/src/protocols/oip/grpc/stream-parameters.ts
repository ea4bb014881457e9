/** Parameters by which Triton's clients and servers tell how a request in a stream goes on. */

/** Whether a response without outputs is to follow the last one, where that was not known to be the last. */
export const EMPTY_FINAL_RESPONSE = 'triton_enable_empty_final_response';

/** Whether no response to the request follows. */
export const FINAL_RESPONSE = 'triton_final_response';
