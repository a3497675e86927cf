import { type AbortTarget, onAbort } from "../core/abort-hub.js";
import { List, ListNode } from "../core/list.js";

/** What a function run by a policy is told about the attempt that it is. */
export interface CallContext {
  /** The number of this attempt, from 1. */
  readonly attempt: number;
  /** When the call as a whole is given up, on the runtime's monotonic clock; `Infinity` when it never is. */
  readonly deadline: number;
  /** Aborts when the result is no longer wanted; made when first read, so that it costs nothing unread. */
  readonly signal: AbortSignal;
}

/** A function as policies run it. */
export type Attempt<T> = (context: CallContext) => T | PromiseLike<T>;

/** What can be said about one call through a policy. */
export interface CallOptions {
  /**
   * Gives up when it aborts, rejecting with its reason, unchanged.
   *
   * @remarks
   * Waits for a turn and delays end at once. A function under way hears of it through `ctx.signal`, and most policies
   * wait for it to end, so that they count it for as long as it runs. Retries, `timeoutPolicy` with
   * `abandon` and `standardPipeline` with a total timeout reject at once, even with a function that ignores its signal.
   */
  readonly signal?: AbortSignal | undefined;
}

/** What a policy that is not ours may hand on as options: the context that it was called with. */
type ForeignContext = CallOptions & Partial<Omit<CallContext, "signal">>;

/** A place in a {@link Call}'s list of those who want to know when it is given up. */
class Listener extends ListNode {
  readonly target: AbortTarget;
  private readonly call: Call;

  constructor(target: AbortTarget, call: Call) {
    super();
    this.target = target;
    this.call = call;
  }

  override unlink(): void {
    super.unlink();
    this.call.letGo();
  }
}

/**
 * One call on its way through policies: each policy that may give up derives its own from the one it was given.
 *
 * @remarks
 * A tree of plain nodes, one made for each call, so without `#` members, which cost: no AbortController exists
 * (3 µs each) until somebody reads `signal`, and an abort reaches policies inside without one.
 * @internal
 */
export class Call implements CallContext, CallOptions, AbortTarget, Disposable {
  readonly attempt: number;
  readonly deadline: number;
  private readonly parent: Call | AbortSignal | undefined;
  /** Whether it can be given up on its own, or only follows its parent. */
  private readonly own: boolean;
  private place: ListNode | undefined = undefined;
  private listeners: List<Listener> | undefined = undefined;
  private controller: AbortController | undefined = undefined;
  private gone: { readonly reason: unknown } | undefined = undefined;
  private disposed = false;

  constructor(parent: Call | AbortSignal | undefined, attempt: number, deadline: number, own: boolean) {
    this.parent = parent;
    this.attempt = attempt;
    this.deadline = deadline;
    this.own = own;
  }

  /** The call that `options` stand for: itself when a policy outside passed its own on. */
  static of(options: CallOptions | undefined): Call {
    if (options === undefined) return new Call(undefined, 1, Number.POSITIVE_INFINITY, false);
    if (options instanceof Call) return options;
    const { signal, attempt = 1, deadline = Number.POSITIVE_INFINITY } = options as ForeignContext;
    return new Call(signal, attempt, deadline, false);
  }

  /** A call inside this one that may be given up alone, at the latest at `deadline`. */
  derive(deadline: number = this.deadline, attempt: number = this.attempt): Call {
    return new Call(this, attempt, Math.min(deadline, this.deadline), true);
  }

  /** One attempt of this call. */
  numbered(attempt: number): Call {
    return attempt === this.attempt ? this : new Call(this, attempt, this.deadline, false);
  }

  /** Why the call was given up; nothing while it is wanted. */
  get abandoned(): { readonly reason: unknown } | undefined {
    if (this.gone !== undefined) return this.gone;
    const parent = this.parent;
    if (parent instanceof Call) return parent.abandoned;
    return parent?.aborted === true ? { reason: parent.reason } : undefined;
  }

  throwIfAbandoned(): void {
    const gone = this.abandoned;
    if (gone !== undefined) throw gone.reason;
  }

  /** Whether anything can give the call up. */
  get isAbortable(): boolean {
    return this.own || (this.parent instanceof Call ? this.parent.isAbortable : this.parent !== undefined);
  }

  get signal(): AbortSignal {
    const parent = this.parent;
    if (!this.own && parent !== undefined) return parent instanceof Call ? parent.signal : parent;
    if (this.controller !== undefined) return this.controller.signal;
    this.controller = new AbortController();
    const gone = this.abandoned;
    if (gone === undefined) this.listen();
    else this.controller.abort(gone.reason);
    return this.controller.signal;
  }

  /** Tells `target` once when the call is given up, which it must not have been yet. */
  onAbort(target: AbortTarget): ListNode {
    const place = new Listener(target, this);
    (this.listeners ??= new List()).push(place);
    this.listen();
    return place;
  }

  /** Gives the call up, unless it has been. */
  abort(reason: unknown): void {
    if (this.gone !== undefined) return;
    this.gone = { reason };
    this.place?.unlink();
    this.controller?.abort(reason);
    for (let next = this.listeners?.shift(); next !== undefined; next = this.listeners?.shift()) {
      next.target.aborted(reason);
    }
  }

  aborted(reason: unknown): void {
    this.abort(reason);
  }

  /** Takes it off its parent, for good. */
  [Symbol.dispose](): void {
    this.disposed = true;
    this.place?.unlink();
  }

  /** Stops listening once nobody listens to it: a signal may outlive many calls. */
  letGo(): void {
    if (this.controller !== undefined || this.listeners === undefined || this.listeners.first !== undefined) return;
    this.place?.unlink();
    this.place = undefined;
  }

  private listen(): void {
    const parent = this.parent;
    if (this.place !== undefined || this.disposed || parent === undefined) return;
    this.place = parent instanceof Call ? parent.onAbort(this) : onAbort(parent, this);
  }
}
