import type { Runtime } from "../core/runtime.js";
import type { FetchHandler } from "../http/index.js";
import { type HealthFormat, formatOf } from "./format.js";
import type { HealthKind, HealthReport } from "./health-check.js";
import { type ServiceInfo, healthJson } from "./health-json.js";
import { checkText, kubernetesText } from "./kubernetes-text.js";
import { microProfile } from "./microprofile.js";

/** How probes are answered. */
export interface HandlerOptions {
  /**
   * What stands before `/readyz` and the others, such as `"/ops"`; slashes around it mean nothing. @defaultValue
   * nothing
   */
  readonly basePath?: string | undefined;
  /**
   * Who may see why a check fails, and the figures behind it; others read "reason withheld".
   *
   * @remarks One that throws means no, and is reported to the runtime.
   * @defaultValue nobody
   */
  readonly details?: boolean | ((request: Request) => boolean) | undefined;
}

/** Where a handler has its answers from. */
export interface HealthSource {
  readonly names: (kind: HealthKind | undefined) => readonly string[];
  readonly report: (kind?: HealthKind, options?: { readonly exclude?: readonly string[] }) => Promise<HealthReport>;
  readonly service: ServiceInfo;
  readonly runtime: Runtime;
}

/** A path that is answered: what it asks for, and in which format unless the request says otherwise. */
interface Route {
  /** As in "readyz check passed". */
  readonly name: string;
  readonly kind: HealthKind | undefined;
  readonly format: HealthFormat;
  /** The one check that is asked for. */
  readonly check?: string;
}

const endpoints: Readonly<Record<string, Omit<Route, "check">>> = {
  "/healthz": { name: "healthz", kind: undefined, format: "text" },
  "/livez": { name: "livez", kind: "live", format: "text" },
  "/readyz": { name: "readyz", kind: "ready", format: "text" },
  "/startupz": { name: "startupz", kind: "started", format: "text" },
  "/health": { name: "health", kind: undefined, format: "microprofile" },
  "/health/live": { name: "live", kind: "live", format: "microprofile" },
  "/health/ready": { name: "ready", kind: "ready", format: "microprofile" },
  "/health/started": { name: "started", kind: "started", format: "microprofile" },
};

/** Answers probes from `source`. */
export function healthHandler(source: HealthSource, options: HandlerOptions): FetchHandler {
  const { details = false } = options;
  const basePath = (options.basePath ?? "").replace(/^\/*(?=[^/])/, "/").replace(/\/+$/, "");
  const mayKnowOf = (request: Request): boolean => {
    try {
      return typeof details === "function" ? details(request) : details;
    } catch (error) {
      source.runtime.report(error, { task: "health details" });
      return false;
    }
  };
  return async (request) => {
    const { pathname, searchParams } = new URL(request.url);
    const route = routeOf(pathname, basePath, source);
    if (route === undefined) return plain(404, "404 page not found\n");
    if (request.method !== "GET" && request.method !== "HEAD") return plain(405, "Method Not Allowed\n");
    const answer = await respond(route, searchParams, request, source, mayKnowOf(request));
    return request.method === "HEAD" ? new Response(null, answer) : answer;
  };
}

async function respond(
  route: Route,
  query: URLSearchParams,
  request: Request,
  source: HealthSource,
  mayKnow: boolean,
): Promise<Response> {
  const format = formatOf(query.get("format"), request.headers.get("accept"), route.format);
  const { name, kind, check } = route;
  const names = source.names(kind);
  if (check !== undefined) {
    const report = await source.report(kind, { exclude: names.filter((other) => other !== check) });
    if (format === "text") return plain(...checkText(report.checks[0], mayKnow));
    return structured(format, report, source, mayKnow);
  }
  const exclude = query.getAll("exclude");
  const report = await source.report(kind, { exclude });
  if (format !== "text") return structured(format, report, source, mayKnow);
  return plain(...kubernetesText({ name, names, exclude, report, isVerbose: query.has("verbose"), mayKnow }));
}

function structured(
  format: "health+json" | "microprofile",
  report: HealthReport,
  { service, runtime }: HealthSource,
  mayKnow: boolean,
): Response {
  const type = format === "health+json" ? "application/health+json" : "application/json";
  const text = (its: boolean): string =>
    JSON.stringify(format === "health+json" ? healthJson(report, service, its) : microProfile(report, its));
  let body: string;
  try {
    body = text(mayKnow);
  } catch (error) {
    runtime.report(error, { task: "health details" });
    body = text(false); // what JSON cannot hold costs the details, not the answer
  }
  const status = report.status === "fail" ? 503 : 200;
  return new Response(`${body}\n`, { status, headers: { ...always, "content-type": type } });
}

function routeOf(pathname: string, basePath: string, source: HealthSource): Route | undefined {
  if (!pathname.startsWith(basePath)) return undefined;
  const path = pathname.slice(basePath.length).replace(/(?<=.)\/$/, "");
  const whole = endpoints[path];
  if (whole !== undefined) return whole;
  const [, first = "", rest = ""] = /^(\/[^/]+)\/(.+)$/.exec(path) ?? [];
  const endpoint = endpoints[first];
  if (endpoint?.format !== "text") return undefined;
  const check = decoded(rest);
  const names = source.names(endpoint.kind);
  return names.includes(check) || (check === "ping" && names.length === 0) ? { ...endpoint, check } : undefined;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // a stray % is part of a name that does not exist
  }
}

/** Probes and the proxies between want the present state. */
const always = { "cache-control": "no-cache, private", "x-content-type-options": "nosniff" };

function plain(status: number, body: string): Response {
  const headers = { ...always, "content-type": "text/plain; charset=utf-8" };
  return new Response(body, { status, headers: status === 405 ? { ...headers, allow: "GET, HEAD" } : headers });
}
