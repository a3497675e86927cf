import { createServer } from "node:http";
import { checkInteger, checkObject } from "../core/check.js";
import { HttpDrain, type HttpServerLike } from "./http-drain.js";
import { type FetchHandler, type NodeListenerOptions, nodeListener } from "./node-listener.js";

/** Where {@link listen} listens. */
export interface ListenOptions extends NodeListenerOptions {
  /** The port; 0 takes a free one. */
  readonly port: number;
  /** The address to listen on, such as `"127.0.0.1"`. @defaultValue all of them */
  readonly host?: string | undefined;
}

/** A server that listens. */
export interface HttpListener extends AsyncDisposable {
  /** Where it can be reached from this machine, such as `"http://127.0.0.1:8080"`. */
  readonly url: string;
  /** The port it listens on. */
  readonly port: number;
  /** The `node:http` server, for `lifecycle.server`. */
  readonly server: HttpServerLike;
  /** Stops listening, and resolves when the requests in flight are answered. Disposing it does the same. */
  close(): Promise<void>;
}

/**
 * Serves a web-standard handler over `node:http`.
 *
 * @throws What `node:http` fails with, such as `EADDRINUSE`.
 *
 * @example
 * ```ts
 * import { listen } from "keelson/http";
 *
 * await using listener = await listen(() => new Response("hello"), { port: 0, host: "127.0.0.1" });
 * const answer = await fetch(listener.url);
 * await answer.text() // => "hello"
 * ```
 */
export async function listen(handler: FetchHandler, options: ListenOptions): Promise<HttpListener> {
  checkObject("options", options);
  const { port, host, runtime } = options;
  checkInteger("port", port, 0, 65_535);
  const server = createServer(nodeListener(handler, { runtime }));
  const drain = new HttpDrain(server);
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      resolve();
    });
  });
  const address = server.address();
  const taken = typeof address === "object" && address !== null ? address.port : port;
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => {
    drain.retire();
    return (closing ??= drain.close());
  };
  return {
    url: `http://${host === undefined ? "localhost" : host.includes(":") ? `[${host}]` : host}:${String(taken)}`,
    port: taken,
    server,
    close,
    [Symbol.asyncDispose]: close,
  };
}
