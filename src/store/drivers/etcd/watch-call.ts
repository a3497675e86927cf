import type { Runtime, TimerHandle } from "../../../core/runtime.js";
import type { Revision } from "../../key-value.js";
import { decodeMessage, encodeFrame } from "./codec.js";
import { watchPath } from "./etcd-methods.js";
import type { GrpcError } from "./grpc-error.js";
import type { GrpcListener, GrpcSession, GrpcStream } from "./grpc-session.js";
import type { EtcdRange } from "./key-mapping.js";
import type { Message } from "./schema.js";

/** What is watched. */
export interface WatchRequest {
  readonly range: EtcdRange;
  readonly startRevision: Revision;
  readonly prevKv: boolean;
}

/** How a call to watch ended. */
export type WatchEnd =
  | { readonly kind: "broken"; readonly error: unknown }
  | { readonly kind: "silent" }
  | { readonly kind: "canceled"; readonly reason: string }
  | { readonly kind: "compacted"; readonly compactRevision: Revision };

/** What comes from a call to watch. */
export interface WatchListener {
  /** Something came, if only a header. */
  heard(header: Message<"ResponseHeader">): void;
  created(): void;
  /** Whole revisions, in order. */
  events(events: readonly Message<"Event">[]): void;
  /** The server says how far it is; whether everything up to there was delivered depends on its version. */
  progress(revision: Revision): void;
  ended(end: WatchEnd): void;
}

/** How a call to watch is kept honest. */
export interface WatchPace {
  /** Ask for progress when nothing has come for so long. */
  readonly askMs: number;
  /** Give up when nothing has come for so long. */
  readonly silenceMs: number;
}

const progressFrame = /* @__PURE__ */ encodeFrame("WatchRequest", { progress: {} });

/** One call that watches: it has a stream of its own, so that one slow or broken watch holds up no other. */
export class WatchCall implements GrpcListener {
  readonly #runtime: Runtime;
  readonly #listener: WatchListener;
  readonly #pace: WatchPace;
  readonly #stream: GrpcStream;
  readonly #timer: TimerHandle;
  #fragments: readonly Message<"Event">[] = [];
  #lastHeard: number;
  #isPaused = false;
  #isOver = false;

  /** @throws GrpcError where the connection takes no more calls. */
  constructor(
    runtime: Runtime,
    session: GrpcSession,
    token: string | undefined,
    request: WatchRequest,
    pace: WatchPace,
    listener: WatchListener,
  ) {
    this.#runtime = runtime;
    this.#listener = listener;
    this.#pace = pace;
    this.#lastHeard = runtime.now();
    const { range, startRevision, prevKv } = request;
    this.#stream = session.open(watchPath, token, this);
    this.#stream.send(encodeFrame("WatchRequest", { create: { ...range, startRevision, prevKv, fragment: true } }));
    const tick = (): void => {
      this.#tick();
    };
    this.#timer = runtime.timer(pace.askMs, tick, "store.etcd watch");
    this.#timer.unref();
  }

  message(bytes: Buffer): void {
    if (this.#isOver) return;
    this.#lastHeard = this.#runtime.now();
    const { header, created, canceled, compactRevision, cancelReason, fragment, events } = decodeMessage(
      "WatchResponse",
      bytes,
    );
    if (header !== undefined) this.#listener.heard(header);
    if (compactRevision > 0) this.#end({ kind: "compacted", compactRevision });
    else if (canceled) this.#end({ kind: "canceled", reason: cancelReason });
    else if (created) this.#listener.created();
    else if (fragment) this.#fragments = [...this.#fragments, ...events];
    else if (events.length > 0) this.#deliver(events);
    else if (header !== undefined && this.#fragments.length === 0) this.#listener.progress(header.revision);
  }

  ended(error: GrpcError | undefined): void {
    this.#end({ kind: "broken", error });
  }

  /** Takes no more for now: the server keeps what there is. */
  pause(): void {
    if (this.#isPaused) return;
    this.#isPaused = true;
    this.#stream.pause();
  }

  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.#lastHeard = this.#runtime.now();
    this.#stream.resume();
  }

  /** Ends it; its listener hears no more. */
  cancel(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#timer[Symbol.dispose]();
    this.#stream.cancel();
  }

  #deliver(last: readonly Message<"Event">[]): void {
    const events = this.#fragments.length === 0 ? last : [...this.#fragments, ...last];
    this.#fragments = [];
    this.#listener.events(events);
  }

  #end(end: WatchEnd): void {
    if (this.#isOver) return;
    this.cancel();
    this.#listener.ended(end);
  }

  #tick(): void {
    const silentMs = this.#isPaused ? 0 : this.#runtime.now() - this.#lastHeard;
    if (silentMs >= this.#pace.silenceMs) {
      this.#end({ kind: "silent" });
      return;
    }
    if (silentMs >= this.#pace.askMs) this.#stream.send(progressFrame);
    this.#timer.reset(this.#pace.askMs);
  }
}
