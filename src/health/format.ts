/** How an answer to a probe is written. */
export type HealthFormat = "text" | "health+json" | "microprofile";

const byType: Readonly<Record<string, HealthFormat>> = {
  "text/plain": "text",
  "application/health+json": "health+json",
  "application/json": "microprofile",
};

/**
 * What to answer with: what `?format=` names, else what `Accept` prefers, else what the path is usually asked for.
 *
 * @remarks Nothing is refused for its `Accept`: a probe that would get a 406 would restart the process.
 */
export function formatOf(query: string | null, accept: string | null, usual: HealthFormat): HealthFormat {
  // In a query an unencoded plus is a space, and a person writes it as it is.
  const named = Object.values(byType).find((format) => format === query?.replace(" ", "+"));
  if (named !== undefined) return named;
  let best: { readonly format: HealthFormat; readonly quality: number } = { format: usual, quality: 0 };
  for (const range of accept?.split(",") ?? []) {
    const [type = "", ...parameters] = range.split(";").map((part) => part.trim().toLowerCase());
    const format = type === "*/*" ? usual : byType[type];
    const quality = Number(parameters.find((parameter) => parameter.startsWith("q="))?.slice(2) ?? 1);
    if (format !== undefined && quality > best.quality) best = { format, quality };
  }
  return best.format;
}
