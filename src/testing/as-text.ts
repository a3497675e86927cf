const decoder = /* @__PURE__ */ new TextDecoder("utf-8", { fatal: true });

/**
 * A value as text, the same for equal values: properties in order of their names, bytes as the text that they are, else
 * in hexadecimal; every signal looks the same.
 */
export function asText(value: unknown): string {
  const shape = JSON.stringify(value, (_name, part: unknown) => {
    if (part instanceof Uint8Array) return { bytes: bytesAsText(part) };
    if (part instanceof AbortSignal) return "signal";
    if (typeof part !== "object" || part === null || Array.isArray(part)) return part;
    return Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)));
  }) as string | undefined;
  return shape ?? String(value);
}

function bytesAsText(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes);
  } catch {
    return `0x${[...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;
  }
}
