import { type CheckReport, type HealthReport } from "./health-check.js";

/** What the text of an endpoint is made of. */
interface Probe {
  /** The endpoint, such as `"readyz"`. */
  readonly name: string;
  /** Its checks, in order. */
  readonly names: readonly string[];
  /** Those asked to be left out. */
  readonly exclude: readonly string[];
  readonly report: HealthReport;
  readonly isVerbose: boolean;
  readonly mayKnow: boolean;
}

/**
 * Status and body as Kubernetes' own servers write them, byte for byte (`k8s.io/apiserver/pkg/server/healthz`).
 *
 * @remarks A check that is not critical and fails is shown so, in an answer that passes.
 */
export function kubernetesText({
  name,
  names,
  exclude,
  report,
  isVerbose,
  mayKnow,
}: Probe): [status: number, body: string] {
  const failed = report.status === "fail";
  if (!failed && !isVerbose) return [200, "ok"];
  const byName = new Map(report.checks.map((check) => [check.name, check]));
  const lines = names.map((each) => {
    const check = byName.get(each);
    if (check === undefined) return `[+]${each} excluded: ok`;
    return check.status === "fail" ? `[-]${each} failed: ${reason(check, mayKnow)}` : `[+]${each} ok`;
  });
  if (names.length === 0) lines.push(exclude.includes("ping") ? "[+]ping excluded: ok" : "[+]ping ok");
  const known = names.length === 0 ? ["ping"] : names;
  const unknown = [...new Set(exclude)].filter((each) => !known.includes(each)).sort();
  if (unknown.length > 0) {
    const quoted = unknown.map((each) => JSON.stringify(each)).join(",");
    lines.push(`warn: some health checks cannot be excluded: no matches for ${quoted}`);
  }
  lines.push(`${name} check ${failed ? "failed" : "passed"}`);
  return [failed ? 500 : 200, `${lines.join("\n")}\n`];
}

/** Status and body of one check's own path. */
export function checkText(check: CheckReport | undefined, mayKnow: boolean): [status: number, body: string] {
  if (check?.status !== "fail") return [200, "ok"];
  return [500, `internal server error: ${reason(check, mayKnow)}\n`];
}

function reason({ message = "failed" }: CheckReport, mayKnow: boolean): string {
  return mayKnow ? message : "reason withheld";
}
