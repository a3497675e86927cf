/** A request of a `node:http` server, as far as making a web-standard one of it goes. */
export interface NodeRequest extends AsyncIterable<Uint8Array> {
  /** Such as `"GET"`. */
  readonly method?: string | undefined;
  /** Path and query. */
  readonly url?: string | undefined;
  /** By name, in lower case. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** The connection; `encrypted` over TLS. */
  readonly socket?: object | null | undefined;
}

/** The web-standard form of a request; its body is read as it is consumed. */
export function requestOf(request: NodeRequest, signal: AbortSignal): Request {
  const { method = "GET" } = request;
  const url = urlOf(request);
  const headers = headersOf(request);
  if (method === "GET" || method === "HEAD") return new Request(url, { method, headers, signal });
  return new Request(url, { method, headers, signal, body: ReadableStream.from(request), duplex: "half" });
}

function urlOf({ url = "/", headers, socket }: NodeRequest): URL {
  const scheme = socket !== null && socket !== undefined && "encrypted" in socket ? "https" : "http";
  const { host = headers[":authority"] ?? "localhost" } = headers;
  const base = `${scheme}://${String(host)}`;
  // By joining, not by resolving: "//elsewhere/" is a path here. A host that is none is not worth a failure.
  return new URL(URL.canParse(base + url) ? base + url : `${scheme}://localhost${url.startsWith("/") ? url : "/"}`);
}

function headersOf(request: NodeRequest): Headers {
  const headers = new Headers();
  for (const [name, value] of Object.entries(request.headers)) {
    if (value === undefined || name.startsWith(":")) continue; // of HTTP/2, where they are no headers
    for (const each of typeof value === "string" ? [value] : value) headers.append(name, each);
  }
  return headers;
}
