import { OwnHandle } from "./handle.js";

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
  /** How many senders are open, permits included. */
  readonly senders: number;
  /** Senders open, not counting permits. */
  strong: number;
  weak: number;
}

/** @internal */
export class WeakSenderHandle<S> extends OwnHandle<SenderCounts> implements WeakHandle<S> {
  readonly #name: string;
  readonly #sender: () => S;

  constructor(name: string, state: SenderCounts, sender: () => S) {
    super(state);
    this.#name = name;
    this.#sender = sender;
    state.weak += 1;
  }

  get strongCount(): number {
    return this.state.senders;
  }

  get weakCount(): number {
    return this.state.weak;
  }

  upgrade(): S | undefined {
    this.assertOpen();
    if (this.strongCount === 0) return undefined;
    this.state.strong += 1;
    return this.#sender();
  }

  clone(): WeakHandle<S> {
    this.assertOpen();
    return new WeakSenderHandle(this.#name, this.state, this.#sender);
  }

  protected leave(): void {
    this.state.weak -= 1;
  }

  protected shown(): readonly [string, object] {
    return [this.#name, this.pick("strongCount", "weakCount")];
  }
}
