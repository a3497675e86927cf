import { TimeoutError } from "../../../core/errors.js";
import type { Runtime } from "../../../core/runtime.js";
import {
  AmbiguousResultError,
  NotAppliedError,
  StoreAuthError,
  StoreClosedError,
  StoreUnavailableError,
} from "../../errors.js";
import { tellRetry } from "../../diagnostics.js";
import { encodeFrame } from "./codec.js";
import { type Abandonable, type CallPlan, EtcdCall, type EtcdMethod, type Outcome } from "./etcd-call.js";
import type { EtcdConnection } from "./etcd-connection.js";
import { judge } from "./etcd-verdict.js";
import type { GrpcSession } from "./grpc-session.js";
import type { Draft, Message, MessageName } from "./schema.js";
import type { TokenKeeper } from "./token-keeper.js";

/** How one call is made. */
export interface ClientCallOptions {
  readonly signal?: AbortSignal | undefined;
  /** The lease it is about, for errors. */
  readonly leaseId?: () => string;
  /** Whether it goes without a token: etcd refuses a stale one even with what would renew it. */
  readonly isAnonymous?: boolean;
}

const retryPauseMs = 50;

/** Makes calls with a deadline: what may be repeated until it is answered, what may not once it may have been sent. */
export class EtcdClient {
  readonly #runtime: Runtime;
  readonly #connection: EtcdConnection;
  readonly #tokens: TokenKeeper;
  readonly #timeoutMs: number;
  readonly #pending = new Set<Abandonable>();
  #isClosed = false;

  constructor(runtime: Runtime, connection: EtcdConnection, tokens: TokenKeeper, timeoutMs: number) {
    this.#runtime = runtime;
    this.#connection = connection;
    this.#tokens = tokens;
    this.#timeoutMs = timeoutMs;
  }

  /** Makes a call that may be made twice, again and again until it is answered. */
  async repeat<Q extends MessageName, A extends MessageName>(
    method: EtcdMethod<Q, A>,
    draft: Draft<Q>,
    { signal, leaseId, isAnonymous = false }: ClientCallOptions = {},
  ): Promise<Message<A>> {
    const frame = encodeFrame(method.request, draft);
    const deadline = this.#runtime.now() + this.#timeoutMs;
    for (let tokens = 0; ;) {
      const session = await this.#ready(deadline, signal);
      const token = isAnonymous ? undefined : this.#tokens.token;
      // One member may be silent while others would answer: it gets a part of the time.
      const outcome = await this.#call(method, frame, { session, token, signal, timeoutMs: 0.4 * this.#timeoutMs });
      if (outcome.kind === "answered") return outcome.message;
      let failure: unknown;
      if (outcome.kind === "abandoned") {
        if (outcome.why !== "late") throw outcome.reason;
        failure = outcome.reason;
        this.#connection.suspect(session, failure);
      } else {
        failure = outcome.error;
        const verdict = judge(outcome.error, leaseId);
        if (verdict.kind === "final") throw verdict.error;
        if (verdict.kind === "token") {
          tokens += 1;
          await this.#renew(isAnonymous ? Number.POSITIVE_INFINITY : tokens, failure);
          tellRetry("etcd", nameOf(method), failure);
          continue;
        }
        if (outcome.error.progress === "answered") this.#connection.suspect(session, failure);
      }
      if (this.#runtime.now() + retryPauseMs >= deadline) throw unavailable(failure);
      tellRetry("etcd", nameOf(method), failure);
      await this.#runtime.sleep(retryPauseMs, { signal });
    }
  }

  /** Makes a call that must not be made twice: once it may have been sent, it is not sent again. */
  async once<Q extends MessageName, A extends MessageName>(
    method: EtcdMethod<Q, A>,
    draft: Draft<Q>,
    { signal, leaseId }: ClientCallOptions = {},
  ): Promise<Message<A>> {
    const frame = encodeFrame(method.request, draft);
    const deadline = this.#runtime.now() + this.#timeoutMs;
    for (let tokens = 0; ;) {
      const session = this.#connection.session ?? (await this.#readyToSend(deadline, signal));
      const { token } = this.#tokens;
      const outcome = await this.#call(method, frame, {
        session,
        token,
        signal,
        timeoutMs: deadline - this.#runtime.now(),
      });
      if (outcome.kind === "answered") return outcome.message;
      if (outcome.kind === "abandoned") {
        if (outcome.why === "late") this.#connection.suspect(session, outcome.reason);
        throw new AmbiguousResultError("the call was given up after it had been sent", { cause: outcome.reason });
      }
      const { error } = outcome;
      const verdict = judge(error, leaseId);
      switch (verdict.kind) {
        case "final":
          throw verdict.error;
        case "unknown":
          throw new AmbiguousResultError(`the answer did not come: ${error.message}`, { cause: error });
        case "token":
          tokens += 1;
          await this.#renew(tokens, error);
          tellRetry("etcd", nameOf(method), error);
          break;
        case "again":
          if (this.#runtime.now() + retryPauseMs >= deadline) {
            throw new NotAppliedError(`the store did not take it: ${error.message}`, { cause: error });
          }
          if (error.progress === "answered") this.#connection.suspect(session, error);
          tellRetry("etcd", nameOf(method), error);
          await this.#runtime.sleep(retryPauseMs, { signal });
      }
    }
  }

  /** Gives up on everything under way. */
  close(): void {
    this.#isClosed = true;
    for (const call of [...this.#pending]) call.abandon("closed", new StoreClosedError());
  }

  #call<A extends MessageName>(
    method: EtcdMethod<MessageName, A>,
    frame: Buffer,
    plan: Omit<CallPlan, "runtime" | "pending">,
  ): Promise<Outcome<Message<A>>> {
    return new EtcdCall(method, frame, { ...plan, runtime: this.#runtime, pending: this.#pending }).outcome;
  }

  async #ready(deadline: number, signal: AbortSignal | undefined): Promise<GrpcSession> {
    if (this.#isClosed) throw new StoreClosedError();
    try {
      const session = await this.#connection.ready({ signal, timeout: Math.max(1, deadline - this.#runtime.now()) });
      if (signal?.aborted === true) throw signal.reason;
      return session;
    } catch (error) {
      if (error instanceof TimeoutError && error !== signal?.reason) throw unavailable(this.#connection.lastError);
      throw error;
    }
  }

  async #readyToSend(deadline: number, signal: AbortSignal | undefined): Promise<GrpcSession> {
    try {
      return await this.#ready(deadline, signal);
    } catch (error) {
      if (!(error instanceof StoreUnavailableError)) throw error;
      throw new NotAppliedError("the store cannot be reached", { cause: error });
    }
  }

  async #renew(times: number, cause: unknown): Promise<void> {
    if (times > 2 || !this.#tokens.canRenew) throw new StoreAuthError("the store refused the credentials", { cause });
    await this.#tokens.renew();
  }
}

/** `"Range"` of `/etcdserverpb.KV/Range`. */
function nameOf({ path }: { readonly path: string }): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

function unavailable(cause: unknown): StoreUnavailableError {
  const why = cause instanceof Error ? `: ${cause.message}` : "";
  return new StoreUnavailableError(`the store does not answer${why}`, { cause });
}
