import { inspectable } from "../core/inspectable.js";

/**
 * One end of a channel.
 *
 * @internal
 */
export abstract class Handle<S extends object> {
  readonly state: S;

  static {
    inspectable(this);
  }

  constructor(state: S) {
    this.state = state;
  }

  /** Whether both belong to one channel. */
  sameChannel(other: object): boolean {
    return (other as Partial<Handle<object>>).state === this.state;
  }

  /** What `console.log` shows of it. */
  protected abstract shown(): readonly [name: string, fields: object];

  protected pick(...fields: readonly (keyof this)[]): object {
    return Object.fromEntries(fields.map((field) => [field, this[field]]));
  }
}

/**
 * An end of a channel that may be one of several, each to be closed on its own.
 *
 * @internal
 */
export abstract class OwnHandle<S extends object> extends Handle<S> implements Disposable {
  protected isOver = false;

  close(): void {
    if (this.isOver) return;
    this.isOver = true;
    this.leave();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** Tells the channel that this handle is closed. */
  protected abstract leave(): void;

  protected assertOpen(): void {
    if (this.isOver) throw this.misuse();
  }

  protected misuse(): TypeError {
    const [name] = this.shown();
    return new TypeError(`Expected an open ${name}, got a closed one`);
  }
}
