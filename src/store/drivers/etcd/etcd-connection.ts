import type { Runtime } from "../../../core/runtime.js";
import { promiseSource } from "../../../core/promise-hub.js";
import { type WaitOptions, wait } from "../../../core/wait.js";
import { tellRetry } from "../../diagnostics.js";
import { StoreClosedError } from "../../errors.js";
import type { BackendListener } from "../shared/backend.js";
import { GrpcSession, type TlsOptions } from "./grpc-session.js";

/** Whom it connects to. */
export interface EtcdConnectionOptions {
  /** `host:port` of each member. */
  readonly endpoints: readonly string[];
  readonly tls: TlsOptions | undefined;
}

/** What it tells. */
type ConnectionListener = Pick<BackendListener, "connected" | "disconnected">;

/** How long one member may take to accept. */
const connectTimeoutMs = 2_000;
const firstPauseMs = 50;
const longestPauseMs = 1_000;
/** How long calls on a connection that is no longer trusted may still take. */
const graceMs = 10_000;

/** The connection to one member of a cluster at a time; when it breaks, to the next one, for ever. */
export class EtcdConnection {
  readonly #runtime: Runtime;
  readonly #options: EtcdConnectionOptions;
  #listener: ConnectionListener | undefined = undefined;
  #next: number;
  #session: GrpcSession | undefined = undefined;
  #connecting: Promise<GrpcSession> | undefined = undefined;
  #lastError: unknown = undefined;
  #isClosed = false;

  constructor(runtime: Runtime, options: EtcdConnectionOptions) {
    this.#runtime = runtime;
    this.#options = options;
    this.#next = Math.floor(runtime.random() * options.endpoints.length);
  }

  listen(listener: ConnectionListener): void {
    this.#listener = listener;
  }

  /** The connection, if there is one. */
  get session(): GrpcSession | undefined {
    return this.#session?.isUsable === true ? this.#session : undefined;
  }

  /** What the last attempt failed with. */
  get lastError(): unknown {
    return this.#lastError;
  }

  /** The connection as soon as there is one. */
  ready(options: WaitOptions): Promise<GrpcSession> {
    const { session } = this;
    if (session !== undefined) return Promise.resolve(session);
    if (this.#isClosed) return Promise.reject(new StoreClosedError());
    return wait(this.#runtime, "store.etcd connect", promiseSource(this.#connect()), options);
  }

  /** Gives up on a connection whose member does not do its work, and tries the next one. */
  suspect(session: GrpcSession, error: unknown): void {
    if (this.#session !== session) return;
    session.retire();
    const destroy = (): void => {
      session.destroy();
    };
    this.#runtime.timer(graceMs, destroy, "store.etcd retire").unref();
    this.#lost(error);
  }

  close(): void {
    this.#isClosed = true;
    this.#session?.destroy();
    this.#session = undefined;
  }

  #lost(error: unknown): void {
    this.#session = undefined;
    this.#lastError = error;
    if (this.#isClosed) return;
    this.#listener?.disconnected(error);
    void this.#connect();
  }

  #connect(): Promise<GrpcSession> {
    if (this.#connecting === undefined) {
      this.#connecting = this.#keepTrying();
      this.#connecting.catch(() => undefined); // whoever waits for it is told
    }
    return this.#connecting;
  }

  async #keepTrying(): Promise<GrpcSession> {
    const { endpoints } = this.#options;
    for (let pauseMs = firstPauseMs, tries = 1; ; tries += 1) {
      const session = await this.#try(endpoints[this.#next++ % endpoints.length] ?? "");
      if (session !== undefined && !this.#isClosed) return this.#connected(session);
      session?.destroy();
      if (!this.#isClosed && tries % endpoints.length === 0) {
        await this.#runtime.sleep(pauseMs * (0.5 + this.#runtime.random() / 2));
        pauseMs = Math.min(2 * pauseMs, longestPauseMs);
      }
      if (this.#isClosed) throw new StoreClosedError();
    }
  }

  async #try(endpoint: string): Promise<GrpcSession | undefined> {
    const closed = (session: GrpcSession, error: Error): void => {
      if (this.#session === session) this.#lost(error);
    };
    try {
      const { tls } = this.#options;
      return await GrpcSession.connect(this.#runtime, { endpoint, tls, timeoutMs: connectTimeoutMs, closed });
    } catch (error) {
      this.#lastError = error;
      if (!this.#isClosed) tellRetry("etcd", "connect", error);
      return undefined;
    }
  }

  #connected(session: GrpcSession): GrpcSession {
    this.#session = session;
    this.#connecting = undefined;
    this.#listener?.connected();
    return session;
  }
}
