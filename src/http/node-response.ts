/** A response of a `node:http` server, as far as sending a web-standard one through it goes. */
export interface NodeResponse {
  /** The status to send. */
  statusCode: number;
  /** Whether the headers are on their way already. */
  readonly headersSent: boolean;
  /** Whether everything was handed to the network. */
  readonly writableFinished: boolean;
  /** Sets a header; several values make several lines. */
  setHeader(name: string, value: string | readonly string[]): unknown;
  /** Sends a part of the body; `false` asks to wait for `"drain"`. */
  write(chunk: Uint8Array): boolean;
  /** Ends the response. */
  end(): unknown;
  /** Cuts the connection. */
  destroy(): unknown;
  /** Calls `listener` once. */
  once(event: "close" | "drain", listener: () => void): unknown;
  /** Undoes {@link NodeResponse.once}. */
  off(event: "close" | "drain", listener: () => void): unknown;
}

/** Sends a web-standard response, as fast as the client takes it; `gone` aborts when it takes no more. */
export async function send(to: NodeResponse, response: Response, gone: AbortSignal): Promise<void> {
  to.statusCode = response.status;
  for (const [name, value] of response.headers) if (name !== "set-cookie") to.setHeader(name, value);
  const cookies = response.headers.getSetCookie();
  if (cookies.length > 0) to.setHeader("set-cookie", cookies);
  const reader = response.body?.getReader();
  if (reader !== undefined) {
    const cancel = (): void => void reader.cancel(gone.reason).catch(() => undefined);
    gone.addEventListener("abort", cancel, { once: true });
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      if (gone.aborted) return;
      if (!to.write(next.value as Uint8Array)) await drained(to);
    }
    gone.removeEventListener("abort", cancel);
  }
  to.end();
}

function drained(to: NodeResponse): Promise<void> {
  return new Promise((resolve) => {
    const go = (): void => {
      to.off("drain", go);
      to.off("close", go);
      resolve();
    };
    to.once("drain", go);
    to.once("close", go);
  });
}
