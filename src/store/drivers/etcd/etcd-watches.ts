import type { Runtime } from "../../../core/runtime.js";
import { CompactedError } from "../../errors.js";
import type { KeyRange } from "../../key-range.js";
import type { Revision } from "../../key-value.js";
import type { WatchOptions } from "../../state-store.js";
import type { WatchSource } from "../shared/backend.js";
import type { EtcdBackend } from "./etcd-backend.js";
import { EtcdWatch, type WatchHome } from "./etcd-watch.js";
import type { GrpcSession } from "./grpc-session.js";
import type { KeyMapping } from "./key-mapping.js";
import type { Message } from "./schema.js";

/** The watches of one store, and what they need of it. */
export class EtcdWatches implements WatchSource, WatchHome {
  readonly runtime: Runtime;
  readonly keys: KeyMapping;
  readonly hasProgress: boolean;
  readonly lagged: (resumeFrom: Revision) => void;
  readonly #backend: EtcdBackend;
  readonly #watches = new Set<EtcdWatch>();

  constructor(backend: EtcdBackend, lagged: (resumeFrom: Revision) => void) {
    this.runtime = backend.parts.runtime;
    this.keys = backend.parts.keys;
    this.hasProgress = backend.capabilities.progress;
    this.lagged = lagged;
    this.#backend = backend;
  }

  get size(): number {
    return this.#watches.size;
  }

  open(range: KeyRange, options: WatchOptions): EtcdWatch {
    const watch = new EtcdWatch(this, this.keys.range(range), options);
    const { compacted } = this.#backend;
    this.#watches.add(watch);
    if (options.from !== undefined && options.from <= compacted) watch.end({ error: new CompactedError(compacted) });
    watch.start();
    return watch;
  }

  /** The server tells each watch itself. */
  reached(): void {
    // nothing to do
  }

  restart(_revision: Revision, error: unknown): void {
    this.end(error);
  }

  end(error: unknown): void {
    for (const watch of [...this.#watches]) watch.end({ error });
  }

  ended(watch: EtcdWatch): void {
    this.#watches.delete(watch);
  }

  get revision(): Revision {
    return this.#backend.revision;
  }

  get token(): string | undefined {
    return this.#backend.parts.tokens.token;
  }

  register(signal: AbortSignal): Promise<Revision> {
    return this.#backend.register({ signal });
  }

  reach(signal: AbortSignal): Promise<Revision> {
    return this.#backend.reach({ signal });
  }

  ready(signal: AbortSignal): Promise<GrpcSession> {
    return this.#backend.parts.connection.ready({ signal });
  }

  suspect(session: GrpcSession, error: unknown): void {
    this.#backend.parts.connection.suspect(session, error);
  }

  renewToken(): Promise<void> {
    return this.#backend.parts.tokens.renew();
  }

  heard(header: Message<"ResponseHeader">): void {
    this.#backend.heard(header);
  }

  historyGone(compactRevision: Revision): CompactedError {
    return this.#backend.noteCompacted(compactRevision);
  }
}
