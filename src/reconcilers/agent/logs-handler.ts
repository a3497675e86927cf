import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { checkName } from "../../core/check.js";
import { isKeelsonError } from "../../core/index.js";
import type { Agent } from "./agent.js";
import type { LogOptions } from "./read-logs.js";

/** How {@link logsHandler} guards the output. */
export interface LogsHandlerOptions {
  /** Who asks must send it as `Authorization: Bearer <token>`. */
  readonly token: string;
}

/** A listener of `node:http`'s servers. */
export type RequestHandler = (request: IncomingMessage, response: ServerResponse) => void;

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
 * createServer(logsHandler(agent, { token: process.env["LOGS_TOKEN"] ?? "" })).listen(10_250);
 * ```
 */
export function logsHandler(agent: Pick<Agent, "logs">, { token }: LogsHandlerOptions): RequestHandler {
  checkName("token", token);
  const expected = digest(`Bearer ${token}`);
  return (request, response) => {
    void answer(agent, expected, request, response).catch((error: unknown) => {
      if (!response.headersSent) response.writeHead(statusOf(error), { "content-type": "text/plain; charset=utf-8" });
      response.end(response.writableEnded || !(error instanceof Error) ? undefined : `${error.message}\n`);
    });
  };
}

async function answer(
  agent: Pick<Agent, "logs">,
  expected: Buffer,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const url = new URL(request.url ?? "/", "http://agent");
  const uid = /^\/logs\/(?<uid>[^/]+)$/.exec(url.pathname)?.groups?.["uid"];
  // Digests have one length, and comparing them takes as long whatever was sent.
  if (!timingSafeEqual(expected, digest(request.headers.authorization ?? ""))) {
    response.writeHead(401, { "www-authenticate": "Bearer" }).end("Unauthorized\n");
    return;
  }
  if (request.method !== "GET" || uid === undefined) {
    response.writeHead(uid === undefined ? 404 : 405).end();
    return;
  }
  const left = new AbortController();
  response.once("close", () => {
    left.abort(new Error("the reader has left"));
  });
  for await (const line of agent.logs(decodeURIComponent(uid), {
    ...optionsOf(url.searchParams),
    signal: left.signal,
  })) {
    if (!response.headersSent) response.writeHead(200, { "content-type": "text/plain; charset=utf-8" });
    if (!response.write(`${line}\n`)) await drained(response, left.signal);
  }
  response.end();
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

function drained(response: ServerResponse, left: AbortSignal): Promise<void> {
  return new Promise((done) => {
    response.once("drain", done);
    response.once("close", done);
    if (left.aborted) done();
  });
}

function statusOf(error: unknown): number {
  if (isKeelsonError(error, "LOGS_NOT_FOUND")) return 404;
  return error instanceof TypeError || error instanceof RangeError ? 400 : 500;
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
