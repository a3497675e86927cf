import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
  connect,
  constants,
} from "node:http2";
import type { Runtime, TimerHandle } from "../../../core/runtime.js";
import { FrameJoiner } from "./frame-joiner.js";
import { GrpcError, grpcCode } from "./grpc-error.js";

/** With what a TLS connection is made; each as PEM. */
export interface TlsOptions {
  /** Whose certificates are trusted. @defaultValue those that Node trusts */
  readonly ca?: string | Uint8Array | undefined;
  /** This side's certificate, where the server asks for one. */
  readonly cert?: string | Uint8Array | undefined;
  /** The key of `cert`. */
  readonly key?: string | Uint8Array | undefined;
}

/** How {@link GrpcSession.connect} connects. */
export interface ConnectOptions {
  /** `host:port` */
  readonly endpoint: string;
  readonly tls: TlsOptions | undefined;
  /** For the whole of it. */
  readonly timeoutMs: number;
  /** Called once, when a connection that was made has ended. */
  readonly closed: (session: GrpcSession, error: Error) => void;
}

/** What a call tells whoever made it. */
export interface GrpcListener {
  message(bytes: Uint8Array): void;
  /** Called once. */
  ended(error: GrpcError | undefined): void;
}

const megabyte: number = 1_024 * 1_024;
/** etcd cuts off clients that ping more often than every 5 s. */
const pingEveryMs = 10_000;
const pingTimeoutMs = 5_000;

/**
 * One connection to a gRPC server.
 *
 * @remarks
 * On Node's own HTTP/2: at 64 calls in flight it carries twice as many as @grpc/grpc-js, and it can tell whether a
 * call may have reached the server, which that hides.
 */
export class GrpcSession {
  readonly #session: ClientHttp2Session;
  readonly #runtime: Runtime;
  readonly #keepAlive: TimerHandle;
  #lastHeard: number;
  #streams = 0;
  #isUsable = true;

  private constructor(session: ClientHttp2Session, runtime: Runtime) {
    this.#session = session;
    this.#runtime = runtime;
    this.#lastHeard = runtime.now();
    const beat = (): void => {
      this.#beat();
    };
    this.#keepAlive = runtime.timer(pingEveryMs, beat, "store.etcd keep-alive");
    this.#keepAlive.unref();
    const unusable = (): void => {
      this.#isUsable = false;
    };
    session.on("goaway", unusable);
    session.on("close", () => {
      unusable();
      this.#keepAlive[Symbol.dispose]();
    });
    // Each stream has a window of its own; what slow watches hold back must not stop the others.
    session.setLocalWindowSize(1_024 * megabyte);
  }

  /** Connects, or rejects with the socket's error. */
  static connect(runtime: Runtime, { endpoint, tls, timeoutMs, closed }: ConnectOptions): Promise<GrpcSession> {
    return new Promise((resolve, reject) => {
      const session = connect(`${tls === undefined ? "http" : "https"}://${endpoint}`, {
        ...(tls as { readonly ca?: string }),
        settings: { initialWindowSize: megabyte, enablePush: false },
        maxSessionMemory: 1_024,
      });
      const late = (): void => {
        session.destroy(new Error(`${endpoint} did not take the connection within ${timeoutMs} ms`));
      };
      const timer = runtime.timer(timeoutMs, late, "store.etcd connect");
      let opened: GrpcSession | undefined;
      let failure = new Error(`${endpoint} closed the connection`);
      session.on("error", (error: Error) => {
        failure = error;
      });
      session.once("close", () => {
        timer[Symbol.dispose]();
        if (opened === undefined) reject(failure);
        else closed(opened, failure);
      });
      // Only now it is sure that the other side speaks HTTP/2.
      session.once("remoteSettings", () => {
        timer[Symbol.dispose]();
        opened = new GrpcSession(session, runtime);
        resolve(opened);
      });
    });
  }

  /** Whether calls may still be made on it. */
  get isUsable(): boolean {
    return this.#isUsable && !this.#session.closed && !this.#session.destroyed;
  }

  /**
   * Begins a call; send its messages with what is returned.
   *
   * @throws GrpcError that was refused, where the connection takes no more calls.
   */
  open(path: string, token: string | undefined, listener: GrpcListener): GrpcStream {
    const headers: OutgoingHttpHeaders = {
      ":method": "POST",
      ":path": path,
      "content-type": "application/grpc",
      te: "trailers",
    };
    if (token !== undefined) headers["token"] = token;
    let stream: ClientHttp2Stream;
    try {
      stream = this.#session.request(headers);
    } catch (error) {
      this.#isUsable = false;
      throw new GrpcError(grpcCode.unavailable, "the connection takes no more calls", "refused", { cause: error });
    }
    this.#streams += 1;
    listen(stream, {
      heard: () => {
        this.#lastHeard = this.#runtime.now();
      },
      message: (bytes) => {
        listener.message(bytes);
      },
      ended: (error) => {
        this.#streams -= 1;
        listener.ended(error);
      },
    });
    return {
      send: (frame) => stream.write(frame),
      sendLast: (frame) => stream.end(frame),
      cancel: () => {
        stream.close(constants.NGHTTP2_CANCEL);
      },
      pause: () => {
        stream.pause();
      },
      resume: () => {
        stream.resume();
      },
    };
  }

  /** Takes no more calls, and lets go once those under way have ended. */
  retire(): void {
    this.#isUsable = false;
    this.#session.close();
  }

  /** Lets go at once. */
  destroy(): void {
    this.#isUsable = false;
    this.#session.destroy();
  }

  /** Asks a server that has been silent for long whether it is there. Without calls nobody needs to know. */
  #beat(): void {
    const silentMs = this.#runtime.now() - this.#lastHeard;
    if (this.#streams === 0 || silentMs < pingEveryMs) {
      this.#keepAlive.reset(pingEveryMs);
      return;
    }
    const late = (): void => {
      this.#session.destroy(new Error(`no answer to a ping within ${pingTimeoutMs} ms`));
    };
    const timer = this.#runtime.timer(pingTimeoutMs, late, "store.etcd ping");
    timer.unref();
    this.#session.ping(() => {
      timer[Symbol.dispose]();
      this.#lastHeard = this.#runtime.now();
      if (this.isUsable) this.#keepAlive.reset(pingEveryMs);
    });
  }
}

/** One call under way. */
export interface GrpcStream {
  send(frame: Uint8Array): void;
  /** Sends a message, and that it was the last one. */
  sendLast(frame: Uint8Array): void;
  /** Gives the call up; it ends as `lost`. */
  cancel(): void;
  /** Takes no more from the server for now, which makes it wait. */
  pause(): void;
  resume(): void;
}

function listen(stream: ClientHttp2Stream, listener: GrpcListener & { readonly heard: () => void }): void {
  let status: IncomingHttpHeaders | undefined;
  let broken: unknown;
  let isOver = false;
  const end = (error: GrpcError | undefined): void => {
    if (isOver) return;
    isOver = true;
    listener.ended(error);
  };
  const joiner = new FrameJoiner((message) => {
    if (!isOver) listener.message(message);
  });
  stream.on("response", (headers) => {
    listener.heard();
    if (headers["grpc-status"] !== undefined || headers[":status"] !== 200) status = headers;
  });
  stream.on("trailers", (headers: IncomingHttpHeaders) => {
    status = headers;
  });
  stream.on("data", (piece: Buffer) => {
    listener.heard();
    try {
      joiner.push(piece);
    } catch (error) {
      broken = error;
      stream.close(constants.NGHTTP2_CANCEL);
    }
  });
  stream.on("end", () => {
    if (status !== undefined) end(toError(status));
  });
  stream.on("error", (error: Error) => {
    broken ??= error;
  });
  stream.on("close", () => {
    if (status !== undefined) {
      end(toError(status));
      return;
    }
    const isRefused = stream.rstCode === constants.NGHTTP2_REFUSED_STREAM;
    const options = broken === undefined ? undefined : { cause: broken };
    const what = isRefused ? "the server did not take the call" : "the connection was lost before the answer came";
    end(new GrpcError(grpcCode.unavailable, what, isRefused ? "refused" : "lost", options));
  });
}

function toError(headers: IncomingHttpHeaders): GrpcError | undefined {
  const code = headers["grpc-status"];
  if (code === "0") return undefined;
  if (typeof code === "string") {
    const message = headers["grpc-message"];
    return new GrpcError(Number(code), typeof message === "string" ? unescaped(message) : "", "answered");
  }
  const status = String(headers[":status"]);
  return new GrpcError(grpcCode.unavailable, `the server answered with HTTP status ${status}: no gRPC`, "answered");
}

/** gRPC writes what is not printable as `%xx`. */
function unescaped(message: string): string {
  try {
    return decodeURIComponent(message);
  } catch {
    return message;
  }
}
