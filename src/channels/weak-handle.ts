import { ownHandleClosed } from "./errors.js";
import { Handle } from "./handle.js";

/** A reference to senders of type `S` that does not keep their channel open. */
export interface WeakHandle<S> extends Disposable {
  /** How many senders are open, permits included. */
  readonly strongCount: number;
  /** How many weak handles are open. */
  readonly weakCount: number;
  /**
   * A new sender; `undefined` once the last one was closed.
   *
   * @throws TypeError when this handle was closed.
   */
  upgrade(): S | undefined;
  /** Another weak handle to the same channel. */
  clone(): WeakHandle<S>;
  /** Closes this handle; closing twice is harmless. */
  close(): void;
  /** Whether `other` is a handle to the same channel. */
  sameChannel(other: object): boolean;
}

/** The part of a channel's state that counts its senders. */
export interface SenderCounts {
  /** Senders open, not counting permits. */
  strong: number;
  /** Permits out, each of which counts as a sender. */
  readonly reserved: number;
  weak: number;
}

/** @internal */
export class WeakSenderHandle<S> extends Handle<SenderCounts> implements WeakHandle<S> {
  readonly #name: string;
  readonly #sender: () => S;
  #over = false;

  constructor(name: string, state: SenderCounts, sender: () => S) {
    super(state);
    this.#name = name;
    this.#sender = sender;
    state.weak += 1;
  }

  get strongCount(): number {
    return this.state.strong + this.state.reserved;
  }

  get weakCount(): number {
    return this.state.weak;
  }

  upgrade(): S | undefined {
    if (this.#over) throw ownHandleClosed(this.#name);
    if (this.strongCount === 0) return undefined;
    this.state.strong += 1;
    return this.#sender();
  }

  clone(): WeakHandle<S> {
    if (this.#over) throw ownHandleClosed(this.#name);
    return new WeakSenderHandle(this.#name, this.state, this.#sender);
  }

  close(): void {
    if (this.#over) return;
    this.#over = true;
    this.state.weak -= 1;
  }

  [Symbol.dispose](): void {
    this.close();
  }

  protected shown(): readonly [string, object] {
    const { strongCount, weakCount } = this;
    return [this.#name, { strongCount, weakCount }];
  }
}
