import type { HealthReport } from "./health-check.js";

/** What `application/health+json` says of the service itself. */
export interface ServiceInfo {
  /** The public version of the service. */
  readonly version?: string | undefined;
  /** The version of the build. */
  readonly releaseId?: string | undefined;
  /** Names the service. */
  readonly serviceId?: string | undefined;
  /** One sentence for a person. */
  readonly description?: string | undefined;
}

/**
 * A report in the form of draft-inadarei-api-health-check-06, `application/health+json`.
 *
 * @remarks A check's figures become entries of their own, `"<check>:<figure>"`, as the draft wants measurements.
 */
export function healthJson({ status, checks }: HealthReport, service: ServiceInfo, mayKnow: boolean): object {
  const entries = checks.flatMap(({ name, status: its, at, message, details = {} }) => {
    const time = new Date(at).toISOString();
    const output = mayKnow && its !== "pass" && message !== undefined ? { output: message } : {};
    const figures = mayKnow ? Object.entries(details) : [];
    return [
      [name, [{ status: its, time, ...output }]],
      ...figures.map(([figure, observedValue]) => [`${name}:${figure}`, [{ observedValue, status: its, time }]]),
    ] as const;
  });
  return { status, ...service, checks: Object.fromEntries(entries) as object };
}
