import type { watch } from "../channels/index.js";
import { onAbort } from "../core/abort-hub.js";
import { currentRuntime } from "../core/ambient.js";
import { checkFunction, checkMethod, checkName, checkObject } from "../core/check.js";
import { formatChain } from "../core/context.js";
import { toMs } from "../core/duration.js";
import { Emitter, type Listener } from "../core/emitter.js";
import type { Health } from "../core/health.js";
import { LinkedSignal } from "../core/linked-signal.js";
import { isAbortOf } from "../core/operation.js";
import type { Runtime } from "../core/runtime.js";
import type { StateStore } from "../store/index.js";
import { contendersOf } from "./contenders.js";
import { Contest } from "./contest.js";
import type { Election, ElectionEvents, ElectionOptions, Term } from "./election-types.js";
import { LeasedHold } from "./hold.js";
import { type Leader, LeaderObserver } from "./leader-observer.js";
import { checkTtl } from "./times.js";

/**
 * Elects one leader among all processes that contend under one name on one store.
 *
 * @remarks
 * What it promises: terms have growing tokens, and no two of them overlap by more than the clocks' rates
 * differ, while the processes are scheduled. A process that was paused may act on a term that is over: effects are safe
 * **only if fenced**, by `term.fence()` in a transaction, or by a token that the other side compares. With the defaults
 * a new leader stands within 15 s + 2.4 s of the old one's death, and within a second of its resignation.
 * @throws TypeError, RangeError for options that are none.
 *
 * @example
 * ```ts
 * import { createElection } from "keelson/cluster";
 * import { op } from "keelson/store";
 * import { memoryStore } from "keelson/store/memory";
 *
 * const store = memoryStore();
 * const election = createElection(store, { name: "orchestrator", identity: "a" });
 * const outcome = await election.run(async (term) => {
 *   const { succeeded } = await store.txn({ if: term.fence(), then: [op.put("/plan", "v1")] });
 *   return succeeded;
 * });
 * outcome // => true
 * ```
 */
export function createElection(store: StateStore, options: ElectionOptions): Election {
  return new StoreElection(store, options);
}

class StoreElection implements Election {
  readonly name: string;
  readonly identity: string;
  readonly #runtime: Runtime;
  readonly #emitter = new Emitter<ElectionEvents>();
  readonly #contest: Contest;
  readonly #observer: LeaderObserver;
  #term: StoreTerm | undefined = undefined;
  #isRunning = false;

  constructor(store: StateStore, options: ElectionOptions) {
    checkMethod("store", store, "txn");
    checkObject("options", options);
    const { name, runtime = currentRuntime(), ttl = "15s", retry = "2s" } = options;
    const { identity = runtime.id(runtime.host) } = options;
    checkName("name", name);
    checkName("identity", identity);
    const key = `/elections/${name}`;
    const prefix = contendersOf(key, "name");
    const retryMs = toMs(retry, "retry");
    this.name = name;
    this.identity = identity;
    this.#runtime = runtime;
    this.#contest = new Contest({ store, key, prefix, identity, permits: 1, ttlMs: checkTtl(ttl), retryMs, runtime });
    const onLeader = (leader: Leader | undefined): void => {
      this.#emitter.emit("observed", leader);
    };
    this.#observer = new LeaderObserver({ store, prefix, retryMs, runtime, onLeader });
  }

  get term(): Term | undefined {
    return this.#term?.isHeld() === true ? this.#term : undefined;
  }

  on<K extends keyof ElectionEvents>(event: K, listener: Listener<ElectionEvents[K]>): Disposable {
    return this.#emitter.on(event, listener);
  }

  once<K extends keyof ElectionEvents>(event: K, listener: Listener<ElectionEvents[K]>): Disposable {
    return this.#emitter.once(event, listener);
  }

  listenerCount(event: keyof ElectionEvents): number {
    return this.#emitter.listenerCount(event);
  }

  async run<R>(
    work: (term: Term) => R | PromiseLike<R>,
    { signal }: { readonly signal?: AbortSignal | undefined } = {},
  ): Promise<R> {
    checkFunction("work", work);
    if (this.#isRunning) throw new TypeError("Expected the election not to run already; make another contender");
    this.#isRunning = true;
    try {
      for (;;) {
        const outcome = await this.#lead(await this.#contest.win(signal), work, signal);
        if (outcome.kind === "done") return outcome.value;
      }
    } finally {
      this.#isRunning = false;
    }
  }

  observe(): watch.Receiver<Leader | undefined> {
    return this.#observer.observe();
  }

  health(): Health {
    const term = this.#term;
    const failure = term === undefined ? this.#contest.failure : term.lease.failure;
    if (term?.lease.isLost === true) {
      const message = `the term ${term.token} is over, but its work has not ended`;
      return { status: "fail", message, details: { role: "deposed", token: term.token } };
    }
    const role = term === undefined ? (this.#isRunning ? "candidate" : "idle") : "leader";
    const details = { role, ...(term === undefined ? {} : { token: term.token }) };
    if (failure === undefined || !this.#isRunning) return { status: "pass", details };
    return { status: "warn", message: `the store does not do as asked: ${formatChain(failure.error)}`, details };
  }

  /** Does the work of one term, and gives the term back once that has ended. */
  async #lead<R>(
    { lease, key, token }: LeasedHold,
    work: (term: Term) => R | PromiseLike<R>,
    signal: AbortSignal | undefined,
  ): Promise<{ readonly kind: "done"; readonly value: R } | { readonly kind: "lost" }> {
    const term = new StoreTerm(lease, key, token, signal);
    this.#term = term;
    const lost = (error: unknown): void => {
      if (lease.isLost) this.#tellLost(term, error);
    };
    this.#emitter.emit("elected", term);
    this.#signal("election:elected", term);
    const watching = lease.isHeld() ? onAbort(lease.signal, { aborted: lost }) : undefined;
    try {
      const value = await work(term);
      return lease.isLost ? { kind: "lost" } : { kind: "done", value };
    } catch (error) {
      if (!lease.isLost) throw error;
      if (!isAbortOf(error, term.signal.reason)) this.#runtime.report(error, { task: `election ${this.name}` });
      return { kind: "lost" };
    } finally {
      this.#term = undefined;
      await term.resign();
      watching?.unlink();
      term[Symbol.dispose]();
    }
  }

  #tellLost({ token }: Term, error: unknown): void {
    this.#emitter.emit("lost", { token, error });
    this.#signal("election:lost", { token });
  }

  #signal(what: string, { token }: { readonly token: number }): void {
    const { signals } = this.#runtime;
    if (signals.hasListeners(what)) signals.emit(what, { election: this.name, identity: this.identity, token });
  }
}

class StoreTerm extends LeasedHold implements Term, Disposable {
  readonly #link: LinkedSignal;

  constructor(lease: LeasedHold["lease"], key: string, token: number, signal: AbortSignal | undefined) {
    super(lease, key, token);
    this.#link = new LinkedSignal(lease.signal, signal);
  }

  override get signal(): AbortSignal {
    return this.#link.signal;
  }

  resign(): Promise<void> {
    return this.lease.release();
  }

  [Symbol.dispose](): void {
    this.#link[Symbol.dispose]();
  }
}
