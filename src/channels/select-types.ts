import type { Selectable } from "../core/selectable.js";
import type { Runtime } from "../core/runtime.js";
import type { WaitOptions } from "../core/wait.js";

/** A branch that is left out of the select; lets `condition && branch` say when there is one. */
export type Disabled = false | null | undefined;

/**
 * What a branch may be.
 *
 * @remarks
 * A {@link Selectable} gives what it waits for, an `AbortSignal` its reason, a promise its value (its rejection rejects
 * the select), an async iterator its next item: one that is asked for and not delivered is kept for the next select.
 */
export type Branch = Selectable<unknown> | AbortSignal | PromiseLike<unknown> | AsyncIterator<unknown> | Disabled;

/** What a branch of type `B` gives; `never` when it is left out. */
export type BranchValue<B> = B extends Disabled
  ? never
  : B extends Selectable<infer T>
    ? T
    : B extends AbortSignal
      ? unknown
      : B extends PromiseLike<infer T>
        ? T
        : B extends AsyncIterator<infer T, unknown, unknown>
          ? T
          : never;

/** The branch that won: one member of the union for each branch that may win. */
export type Selected<B> = B extends readonly unknown[] ? SelectedIndex<B> : SelectedKey<B>;

type SelectedKey<B> = {
  [K in keyof B & string]: B[K] extends Disabled ? never : { readonly key: K; readonly value: BranchValue<B[K]> };
}[keyof B & string];

type SelectedIndex<B extends readonly unknown[]> = number extends B["length"]
  ? { readonly index: number; readonly value: BranchValue<B[number]> }
  : {
      [K in keyof B]: B[K] extends Disabled
        ? never
        : K extends `${infer I extends number}`
          ? { readonly index: I; readonly value: BranchValue<B[K]> }
          : never;
    }[number];

/** Branches by name, or in an array. */
export type Branches = Readonly<Record<string, Branch>> | readonly Branch[];

/** Refuses names that look like integers: JavaScript would put them before the others. */
export type Named<B> = B extends readonly unknown[]
  ? B
  : { [K in keyof B]: K extends number | `${bigint}` ? never : B[K] };

/** `"biased"` polls in the order of declaration; `"fair"` lets no branch starve another. */
export type SelectOrder = "fair" | "biased";

/** How {@link select} waits. */
export interface SelectOptions extends WaitOptions {
  /**
   * Which branch wins when several are ready.
   *
   * @remarks `"fair"` draws the order from the runtime's generator; a selector starts after the last winner.
   * @defaultValue `"fair"`
   */
  readonly order?: SelectOrder | undefined;
  /** Wakes, timeouts and chance. @defaultValue the ambient runtime */
  readonly runtime?: Runtime | undefined;
}

/** The select had nothing to wait for, and this instead. */
export type Otherwise<B, E> = B extends readonly unknown[]
  ? { readonly index: -1; readonly value: E }
  : { readonly key: "else"; readonly value: E };

/** What to give instead when every branch is disabled. */
export interface OrElse<E> {
  /** The `value` of an event whose `key` is `"else"` (`index` is `-1`). */
  readonly orElse: E;
}
