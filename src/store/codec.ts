/** Turns values into the bytes a store keeps, and back. */
export interface Codec<T> {
  /** The bytes of a value. */
  encode(value: T): Uint8Array;
  /** The value of bytes; throws on bytes that hold none. */
  decode(bytes: Uint8Array): T;
}

const encoder = /* @__PURE__ */ new TextEncoder();
const decoder = /* @__PURE__ */ new TextDecoder("utf-8", { fatal: true });

/**
 * Keeps values as JSON.
 *
 * @param parse - Checks what was read and gives it its type; without it the store is trusted to hold what was written.
 *
 * @example
 * ```ts
 * import { jsonCodec } from "keelson/store";
 *
 * const codec = jsonCodec<{ replicas: number }>();
 * codec.decode(codec.encode({ replicas: 3 })) // => { replicas: 3 }
 * ```
 */
export function jsonCodec<T>(parse: (value: unknown) => T = (value) => value as T): Codec<T> {
  return {
    encode(value) {
      const text = JSON.stringify(value) as string | undefined;
      if (text === undefined) throw new TypeError("Expected a value that JSON can hold, got none");
      return encoder.encode(text);
    },
    decode: (bytes) => parse(JSON.parse(decoder.decode(bytes))),
  };
}
