import { createHash, timingSafeEqual } from "node:crypto";
import { checkName } from "../../core/check.js";
import { isKeelsonError } from "../../core/index.js";
import type { Agent } from "./agent.js";
import type { LogOptions } from "./read-logs.js";

/** How {@link logsHandler} guards the output. */
export interface LogsHandlerOptions {
  /** Who asks must send it as `Authorization: Bearer <token>`. */
  readonly token: string;
}

/** A handler of web-standard requests; `nodeListener` of `keelson/http` makes a listener of `node:http` of it. */
export type LogsHandler = (request: Request) => Promise<Response>;

/**
 * Serves the output of an agent's instances over HTTP: `GET /logs/<uid>?restart=&stream=&tail=&follow=true`, as text.
 *
 * @remarks
 * It answers 401 without the token, 404 for output that is not here, 400 for a parameter that cannot be read. Put it
 * behind TLS where the network is not yours, and tell its address in the agent's `addresses`.
 *
 * @example
 * ```ts no-run
 * import { createServer } from "node:http";
 * import { nodeListener } from "keelson/http";
 * import { createAgent, inProcessRuntime, logsHandler } from "keelson/reconcilers";
 * import { memoryStore } from "keelson/store/memory";
 *
 * const agent = createAgent({
 *   store: memoryStore(),
 *   node: "alpha",
 *   capacity: {},
 *   workloads: inProcessRuntime({ functions: {}, stateDir: "/var/lib/keelson" }),
 *   addresses: [{ type: "Logs", address: "http://10.0.0.7:10250" }],
 * });
 * const handler = logsHandler(agent, { token: process.env["LOGS_TOKEN"] ?? "" });
 * createServer(nodeListener(handler)).listen(10_250);
 * ```
 */
export function logsHandler(agent: Pick<Agent, "logs">, { token }: LogsHandlerOptions): LogsHandler {
  checkName("token", token);
  const expected = digest(`Bearer ${token}`);
  return async (request) => {
    // Digests have one length, and comparing them takes as long whatever was sent.
    if (!timingSafeEqual(expected, digest(request.headers.get("authorization") ?? ""))) {
      return new Response("Unauthorized\n", { status: 401, headers: { "www-authenticate": "Bearer" } });
    }
    const url = new URL(request.url);
    const uid = /^\/logs\/(?<uid>[\w-]+)$/.exec(url.pathname)?.groups?.["uid"];
    if (uid === undefined) return new Response(undefined, { status: 404 });
    if (request.method !== "GET") return new Response(undefined, { status: 405, headers: { allow: "GET" } });
    try {
      const options = { ...optionsOf(url.searchParams), signal: request.signal };
      const lines = agent.logs(uid, options)[Symbol.asyncIterator]();
      const first = await lines.next(); // what is wrong shows here, before the status is sent
      return new Response(ReadableStream.from(bytesOf(first, lines)), { headers });
    } catch (error) {
      const text = error instanceof Error ? `${error.message}\n` : undefined;
      return new Response(text, { status: statusOf(error), headers });
    }
  };
}

const headers = { "content-type": "text/plain; charset=utf-8" };
const encoder = /* @__PURE__ */ new TextEncoder();

async function* bytesOf(first: IteratorResult<string>, lines: AsyncIterator<string>): AsyncGenerator<Uint8Array> {
  try {
    for (let next = first; next.done !== true; next = await lines.next()) yield encoder.encode(`${next.value}\n`);
  } finally {
    await lines.return?.();
  }
}

function optionsOf(query: URLSearchParams): LogOptions {
  const number = (name: string): number | undefined => (query.has(name) ? Number(query.get(name)) : undefined);
  const stream = query.get("stream") ?? undefined;
  return {
    restart: number("restart"),
    tail: number("tail"),
    follow: query.get("follow") === "true",
    stream: stream as LogOptions["stream"],
  };
}

function statusOf(error: unknown): number {
  if (isKeelsonError(error, "LOGS_NOT_FOUND")) return 404;
  return error instanceof TypeError || error instanceof RangeError ? 400 : 500;
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
