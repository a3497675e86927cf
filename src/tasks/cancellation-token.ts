import { type AbortRegistration, onAbort } from "../core/abort-hub.js";
import { currentRuntime } from "../core/ambient.js";
import { checkFunction } from "../core/check.js";
import { showing } from "../core/inspectable.js";
import { Latch } from "../core/latch.js";
import { List, ListNode } from "../core/list.js";
import { Operation, type OperationContext, isAbortOf } from "../core/operation.js";
import type { Runtime } from "../core/runtime.js";
import { PENDING, type Selectable, type Source } from "../core/selectable.js";
import { type WaitOptions, wait } from "../core/wait.js";
import { CancelledError } from "./errors.js";

/** How a {@link CancellationToken} is made. */
export interface CancellationTokenOptions {
  /** Cancels the token when it aborts, with its reason. */
  readonly signal?: AbortSignal | undefined;
  /** Where its waits run. @defaultValue the ambient runtime */
  readonly runtime?: Runtime | undefined;
}

/** Cancels its token when disposed, unless disarmed before. */
export interface DropGuard extends Disposable {
  /** The token it guards. */
  readonly token: CancellationToken;
  /** Gives up guarding; returns the token. */
  disarm(): CancellationToken;
  /** Cancels the token, unless disarmed. */
  [Symbol.dispose](): void;
}

/** What became of an operation under {@link CancellationToken.runUntilCancelled}. */
export type RunUntilCancelled<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly reason: "cancelled" };

/**
 * A word to stop that reaches a whole tree: cancelling a token cancels its children, and not its parent.
 *
 * @remarks
 * As a branch of `select` it is ready once cancelled. A parent holds its children until they are cancelled or
 * disposed, so dispose of a child that lives shorter than its parent.
 *
 * @example
 * ```ts
 * import { CancellationToken } from "keelson/tasks";
 *
 * const server = new CancellationToken();
 * using request = server.childToken();
 * request.cancel();
 * server.isCancelled // => false
 * using other = server.childToken();
 * server.cancel(new Error("going down"));
 * String(other.reason) // => "Error: going down"
 * other.signal.aborted // => true
 * ```
 */
export class CancellationToken implements Selectable<void>, Disposable {
  static {
    showing(this, "CancellationToken", "isCancelled");
  }

  readonly #runtime: Runtime;
  readonly #cancelled = new Latch<void>(() => (this.isCancelled ? undefined : PENDING));
  readonly #children = new List<Child>();
  #place: Child | AbortRegistration | undefined = undefined;
  #cancellation: { readonly reason: unknown } | undefined = undefined;
  #controller: AbortController | undefined = undefined;

  constructor({ signal, runtime = currentRuntime() }: CancellationTokenOptions = {}) {
    this.#runtime = runtime;
    if (signal?.aborted === true) this.#cancellation = { reason: signal.reason };
    else if (signal !== undefined) {
      const aborted = (reason: unknown): void => {
        this.cancel(reason);
      };
      this.#place = onAbort(signal, { aborted });
    }
  }

  get "~source"(): Source<void> {
    return this.#cancelled;
  }

  /** Whether it, or a token above it, was cancelled. */
  get isCancelled(): boolean {
    return this.#cancellation !== undefined;
  }

  /** Why it was cancelled; `undefined` before. */
  get reason(): unknown {
    return this.#cancellation?.reason;
  }

  /** Aborts when the token is cancelled, with the same reason; made when first read. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#cancellation !== undefined) this.#controller.abort(this.#cancellation.reason);
    }
    return this.#controller.signal;
  }

  /** A token that is cancelled with this one, or alone; born cancelled when this one is. */
  childToken(): CancellationToken {
    const token = new CancellationToken({ runtime: this.#runtime });
    if (this.#cancellation !== undefined) {
      token.#cancellation = this.#cancellation;
    } else {
      const place = new Child(token);
      token.#place = place;
      this.#children.push(place);
    }
    return token;
  }

  /**
   * Cancels it and everything below it; once cancelled, does nothing.
   *
   * @param reason - What its signal says. The default is a {@link CancelledError}.
   */
  cancel(reason: unknown = new CancelledError()): void {
    if (this.#cancellation !== undefined) return;
    const tree: CancellationToken[] = [this];
    // All are marked before anybody is told, and by a loop, since a tree may be deeper than the stack.
    for (const token of tree) {
      token.#cancellation = { reason };
      token.#place?.unlink();
      for (let child = token.#children.shift(); child !== undefined; child = token.#children.shift()) {
        child.token.#place = undefined;
        tree.push(child.token);
      }
    }
    for (const token of tree) {
      token.#cancelled.open(undefined);
      token.#controller?.abort(reason);
    }
  }

  /**
   * Resolves once it is cancelled.
   *
   * @remarks **Cancel safety.** An abort leaves nothing behind.
   * @throws The signal's reason, unchanged; TimeoutError.
   */
  cancelled(options?: WaitOptions): Promise<void> {
    return wait(this.#runtime, "CancellationToken.cancelled", this.#cancelled, options);
  }

  /** A guard that cancels this token when it is disposed. */
  dropGuard(): DropGuard {
    let isArmed = true;
    return {
      token: this,
      disarm: () => {
        isArmed = false;
        return this;
      },
      [Symbol.dispose]: () => {
        if (isArmed) this.cancel();
      },
    };
  }

  /**
   * Runs `operation` unless the token is cancelled, and takes its result unless the token is cancelled before.
   *
   * @remarks
   * A result that is there when the token is cancelled wins. After that the context's signal aborts and the operation
   * is left to wind down; a failure that comes later goes to the runtime's `report`, unless it is only that abort.
   * **Cancel safety.** That of `operation`, which should listen to the signal.
   * @throws Whatever `operation` throws.
   */
  async runUntilCancelled<T>(
    operation: (context: OperationContext) => T | PromiseLike<T>,
  ): Promise<RunUntilCancelled<T>> {
    checkFunction("operation", operation);
    if (this.isCancelled) return { ok: false, reason: "cancelled" };
    const call = new Operation(this.#runtime, "runUntilCancelled", operation);
    const giveUp = (): void => {
      call.giveUp(this.reason);
    };
    // A turn later, because a result that is there may still be on its way through microtasks.
    const aborted = (): void => void this.#runtime.yieldNow().then(giveUp);
    const { signal } = this;
    const registration = signal.aborted ? undefined : onAbort(signal, { aborted });
    if (registration === undefined) aborted();
    try {
      return { ok: true, value: await call.promise };
    } catch (error) {
      if (signal.aborted && isAbortOf(error, this.reason)) return { ok: false, reason: "cancelled" };
      throw error;
    } finally {
      registration?.unlink();
    }
  }

  /** Detaches it from its parent; it is then cancelled only by its own {@link CancellationToken.cancel}. */
  [Symbol.dispose](): void {
    this.#place?.unlink();
    this.#place = undefined;
  }
}

/** A token's place below its parent. */
class Child extends ListNode {
  readonly token: CancellationToken;

  constructor(token: CancellationToken) {
    super();
    this.token = token;
  }
}
