/** A number as Prometheus reads it. */
export function number(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return "+Inf";
  return value === Number.NEGATIVE_INFINITY ? "-Inf" : String(value);
}

/** The value of a label within its quotes. */
export function escapeLabel(text: string): string {
  return text
    .replaceAll("\\", String.raw`\\`)
    .replaceAll("\n", String.raw`\n`)
    .replaceAll('"', String.raw`\"`);
}

/** A help text, which only OpenMetrics quotes. */
export function escapeHelp(text: string, format: "text" | "openmetrics"): string {
  const escaped = text.replaceAll("\\", String.raw`\\`).replaceAll("\n", String.raw`\n`);
  return format === "openmetrics" ? escaped.replaceAll('"', String.raw`\"`) : escaped;
}
