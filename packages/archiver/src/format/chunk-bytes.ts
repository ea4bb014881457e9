/**
 * In how large pieces archives are read and inflated. Each piece costs turns of the event loop and of the thread pool: with
 * Node's 16 KB a large archive takes three times as long to unpack.
 */
export const CHUNK_BYTES = 256 * 1024;
