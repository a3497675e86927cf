import { currentRuntime } from "../core/ambient.js";
import { checkFunction } from "../core/check.js";
import type { Runtime } from "../core/runtime.js";
import { requestOf } from "./node-request.js";
import { type NodeResponse, send } from "./node-response.js";
import type { NodeRequest } from "./node-request.js";

/** Answers a web-standard request, as Hono, Deno, Bun and service workers call it. */
export type FetchHandler = (request: Request) => Response | PromiseLike<Response>;

/** What {@link nodeListener} reports to. */
export interface NodeListenerOptions {
  /** Takes what a handler failed with; the client only hears of a 500. @defaultValue the ambient runtime */
  readonly runtime?: Runtime | undefined;
}

/**
 * Makes a web-standard handler serve `node:http`, and all that stands on it: Express, Connect, Fastify's raw pair.
 *
 * @remarks
 * The request's `signal` aborts when the client goes away before the answer is out. Bodies are streamed both ways, with
 * back-pressure. Mount it before anything that reads the body, such as a JSON parser.
 *
 * @example
 * ```ts
 * import { createServer } from "node:http";
 * import { nodeListener } from "keelson/http";
 *
 * const server = createServer(nodeListener((request) => new Response(`you asked by ${request.method}`)));
 * await new Promise<void>((resolve) => server.listen(0, resolve));
 * const { port } = server.address() as { port: number };
 * const answer = await fetch(`http://localhost:${port}/`);
 * await answer.text() // => "you asked by GET"
 * server.close();
 * ```
 */
export function nodeListener(
  handler: FetchHandler,
  { runtime = currentRuntime() }: NodeListenerOptions = {},
): (request: NodeRequest, response: NodeResponse) => void {
  checkFunction("handler", handler);
  const answer = async (request: NodeRequest, response: NodeResponse): Promise<void> => {
    const gone = new AbortController();
    response.once("close", () => {
      if (!response.writableFinished) gone.abort(new DOMException("the client went away", "AbortError"));
    });
    try {
      await send(response, await handler(requestOf(request, gone.signal)), gone.signal);
    } catch (error) {
      if (gone.signal.aborted) return;
      runtime.report(error, { task: "http handler" });
      if (response.headersSent) response.destroy();
      else await send(response, new Response("internal server error\n", { status: 500 }), gone.signal);
    }
  };
  return (request, response) => void answer(request, response);
}
