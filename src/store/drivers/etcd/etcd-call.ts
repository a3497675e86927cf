import { type AbortRegistration, type AbortTarget, onAbort } from "../../../core/abort-hub.js";
import type { Runtime, TimerHandle } from "../../../core/runtime.js";
import { decodeMessage } from "./codec.js";
import { GrpcError, grpcCode } from "./grpc-error.js";
import type { GrpcListener, GrpcSession, GrpcStream } from "./grpc-session.js";
import type { Message, MessageName } from "./schema.js";

/** A call of etcd's API: where it goes, what it takes and what it answers. */
export interface EtcdMethod<Q extends MessageName, A extends MessageName> {
  readonly path: string;
  readonly request: Q;
  readonly answer: A;
}

/** What became of one call. */
export type Outcome<M> =
  | { readonly kind: "answered"; readonly message: M }
  | { readonly kind: "failed"; readonly error: GrpcError }
  /** This side gave it up, after it had been sent. */
  | { readonly kind: "abandoned"; readonly why: "late" | "aborted" | "closed"; readonly reason: unknown };

/** A call that can be given up. */
export interface Abandonable {
  /** Gives it up; what becomes of it at the server is not known. */
  abandon(why: "late" | "aborted" | "closed", reason: unknown): void;
}

/** How a call is made. */
export interface CallPlan {
  readonly runtime: Runtime;
  readonly session: GrpcSession;
  readonly token: string | undefined;
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
  /** Calls under way; it is there while it is. */
  readonly pending: Set<Abandonable>;
}

/** One request with one answer. */
export class EtcdCall<A extends MessageName> implements GrpcListener, AbortTarget, Abandonable {
  readonly outcome: Promise<Outcome<Message<A>>>;
  readonly #answer: A;
  readonly #pending: Set<Abandonable>;
  readonly #timer: TimerHandle;
  #settle!: (outcome: Outcome<Message<A>>) => void;
  #message: Message<A> | undefined = undefined;
  #stream: GrpcStream | undefined = undefined;
  #registration: AbortRegistration | undefined = undefined;
  #isOver = false;

  constructor(method: EtcdMethod<MessageName, A>, frame: Buffer, plan: CallPlan) {
    const { runtime, session, token, timeoutMs, signal, pending } = plan;
    this.outcome = new Promise((resolve) => {
      this.#settle = resolve;
    });
    this.#answer = method.answer;
    this.#pending = pending;
    pending.add(this);
    const late = (): void => {
      this.abandon("late", new Error(`no answer within ${Math.round(timeoutMs)} ms`));
    };
    this.#timer = runtime.timer(timeoutMs, late, "store.etcd call");
    try {
      this.#stream = session.open(method.path, token, this);
      this.#stream.sendLast(frame);
      if (signal !== undefined) this.#registration = onAbort(signal, this);
    } catch (error) {
      this.ended(error instanceof GrpcError ? error : lost(error));
    }
  }

  message(bytes: Buffer): void {
    this.#message = decodeMessage(this.#answer, bytes);
  }

  ended(error: GrpcError | undefined): void {
    if (error !== undefined) this.#end({ kind: "failed", error });
    else if (this.#message !== undefined) this.#end({ kind: "answered", message: this.#message });
    else this.#end({ kind: "failed", error: lost(undefined) });
  }

  aborted(reason: unknown): void {
    this.abandon("aborted", reason);
  }

  abandon(why: "late" | "aborted" | "closed", reason: unknown): void {
    this.#end({ kind: "abandoned", why, reason });
    this.#stream?.cancel();
  }

  #end(outcome: Outcome<Message<A>>): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#pending.delete(this);
    this.#timer[Symbol.dispose]();
    this.#registration?.unlink();
    this.#settle(outcome);
  }
}

function lost(cause: unknown): GrpcError {
  return new GrpcError(grpcCode.unavailable, "the call ended without an answer", "lost", { cause });
}
