import { type ServerHttp2Stream, createServer } from "node:http2";
import { decodeMessage, encodeFrame } from "../../src/store/drivers/etcd/codec.js";
import type { Draft, Message, MessageName } from "../../src/store/drivers/etcd/schema.js";

/** One call that a fake etcd has got. */
export interface FakeCall {
  readonly path: string;
  readonly token: string | undefined;
  /** The message that began it. */
  readonly bytes: Buffer;
  /** Sends a message; `respond` ends the call, too. */
  send<N extends MessageName>(name: N, draft: Draft<N>): void;
  respond<N extends MessageName>(name: N, draft: Draft<N>): void;
  fail(code: number, message: string): void;
  /** Resets the stream with an HTTP/2 error code. */
  reset(code: number): void;
  /** Breaks the whole connection. */
  drop(): void;
}

/** A server that speaks etcd's protocol and does what a test says. */
export interface FakeEtcd extends AsyncDisposable {
  readonly url: string;
  readonly header: { clusterId: string; memberId: string; revision: number };
  /** Paths of the calls so far, without their package. */
  readonly calls: string[];
  /** Takes a kind of call over, such as `"Txn"`. */
  on(method: string, handle: (call: FakeCall) => void): void;
}

/** Starts one that greets like etcd 3.5.28 and answers reads with nothing. */
export async function fakeEtcd(): Promise<FakeEtcd> {
  const header = { clusterId: "abc", memberId: "1", revision: 7 };
  const calls: string[] = [];
  const handlers = new Map<string, (call: FakeCall) => void>([
    [
      "Status",
      (call) => {
        call.respond("StatusResponse", { header, version: "3.5.28", leader: "1" });
      },
    ],
    [
      "Range",
      (call) => {
        call.respond("RangeResponse", { header });
      },
    ],
    [
      "Watch",
      (call) => {
        call.send("WatchResponse", { header, created: true });
      },
    ],
    [
      "LeaseGrant",
      (call) => {
        call.respond("LeaseGrantResponse", { header, id: "77aa", ttl: 60 });
      },
    ],
    [
      "LeaseRevoke",
      (call) => {
        call.respond("LeaseRevokeResponse", { header });
      },
    ],
  ]);
  const server = createServer();
  const sessions = new Set<{ destroy(): void }>();
  server.on("session", (session) => sessions.add(session));
  server.on("stream", (stream, headers) => {
    const path = String(headers[":path"]);
    const method = path.slice(path.lastIndexOf("/") + 1);
    stream.on("error", () => undefined);
    stream.once("data", (bytes: Buffer) => {
      calls.push(method);
      handlers.get(method)?.(toCall(stream, path, headers["token"] as string | undefined, bytes.subarray(5)));
      stream.resume();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  return {
    url: `etcd://127.0.0.1:${port}`,
    header,
    calls,
    on: (method, handle) => handlers.set(method, handle),
    [Symbol.asyncDispose]: async () => {
      for (const session of sessions) session.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Reads the message that began a call. */
export function requestOf<N extends MessageName>(call: FakeCall, name: N): Message<N> {
  return decodeMessage(name, call.bytes);
}

function toCall(stream: ServerHttp2Stream, path: string, token: string | undefined, bytes: Buffer): FakeCall {
  const open = (): void => {
    if (!stream.headersSent)
      stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
  };
  const finish = (status: Record<string, string>): void => {
    open();
    stream.once("wantTrailers", () => {
      stream.sendTrailers(status);
    });
    stream.end();
  };
  return {
    path,
    token,
    bytes,
    send: (name, draft) => {
      open();
      stream.write(encodeFrame(name, draft));
    },
    respond: (name, draft) => {
      open();
      stream.write(encodeFrame(name, draft));
      finish({ "grpc-status": "0" });
    },
    fail: (code, message) => {
      finish({ "grpc-status": String(code), "grpc-message": encodeURIComponent(message) });
    },
    reset: (code) => {
      stream.close(code);
    },
    drop: () => {
      stream.session?.destroy();
    },
  };
}
