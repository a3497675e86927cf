import type { Links, List } from "../core/list.js";
import type { Source, Waiter } from "../core/selectable.js";

// Numbers, since to read a boolean member is to ask of it all that JavaScript holds for false.
const LEFT_OUT = 0;
const IDLE = 1;
const WAITING = 2;

/** A source that runs a user's function before it can be polled. */
export interface StartedSource<T> extends Source<T> {
  /** Runs it unless that was done; tells whether it did. */
  start(): boolean;
}

/** Whoever waits on several branches at once, and hears how each ends. */
export interface BranchOwner {
  won(branch: BranchWaiter, value: unknown): void;
  failed(branch: BranchWaiter, error: unknown): void;
  disabled(branch: BranchWaiter): void;
}

/**
 * One branch of a select, and its place in the list of what it waits for.
 *
 * @remarks Made for each branch of each select, and so without the cost of a base class.
 * @internal
 */
export class BranchWaiter implements Waiter<unknown> {
  prev: Links | undefined = undefined;
  next: Links | undefined = undefined;
  list: List<Links> | undefined = undefined;
  payload: unknown = undefined;
  readonly name: unknown;
  readonly source: Source<unknown>;
  /** The source, if it has to be started. */
  readonly started: StartedSource<unknown> | undefined;
  /** The last wait of its owner for which it was armed. */
  round = 0;
  private stage: number = IDLE;
  private readonly owner: BranchOwner;

  constructor(owner: BranchOwner, name: unknown, source: Source<unknown>) {
    this.source = source;
    this.started = isStarted(source) ? source : undefined;
    this.owner = owner;
    this.name = name;
  }

  get isEnabled(): boolean {
    return this.stage !== LEFT_OUT;
  }

  set isEnabled(on: boolean) {
    this.stage = on ? IDLE : LEFT_OUT;
  }

  /** Whether the last poll found it neither ready nor at its end. */
  get isPending(): boolean {
    return this.stage === WAITING;
  }

  set isPending(on: boolean) {
    if (this.isEnabled) this.stage = on ? WAITING : IDLE;
  }

  unlink(): void {
    this.list?.remove(this);
  }

  commit(value: unknown): void {
    this.owner.won(this, value);
  }

  fail(error: unknown): void {
    this.owner.failed(this, error);
  }

  disable(): void {
    this.owner.disabled(this);
  }
}

export function isStarted<T>(source: Source<T>): source is StartedSource<T> {
  return "start" in source;
}
