/** One call of a concurrent history: what was asked, what was answered, and when. */
export interface HistoryCall<I, O> {
  /** Who called; shown in reports. */
  readonly client: string | number;
  /** What was asked. */
  readonly input: I;
  /** When the call was made, on any clock that all calls share. */
  readonly calledAt: number;
  /** What was answered; left out, with `returnedAt`, where no answer came: the call may have happened then, or not. */
  readonly output?: O;
  /** When the answer came. */
  readonly returnedAt?: number;
}

/** What a system does when calls come one after the other. */
export interface SequentialModel<I, O, S> {
  /** The state before the first call. */
  readonly initial: S;
  /**
   * The state after a call, or `undefined` where it could not have been answered so.
   *
   * @remarks States are values: never change the one that is given. An `output` of `undefined` is not known, and every
   * one that is possible must be taken for granted.
   */
  step(state: S, input: I, output: O | undefined): { readonly state: S } | undefined;
  /** A text that is the same for equal states and no others. */
  key(state: S): string;
  /**
   * Which part of the system a call is about; calls on different parts must not affect each other. One part by default.
   */
  partition?(input: I): string;
  /**
   * A model that also uses what only the whole history of a partition tells, so that a search meets a dead end sooner.
   *
   * @remarks It may refuse a step only where no order of `calls` that explains their answers can take it.
   */
  refine?(calls: readonly HistoryCall<I, O>[]): SequentialModel<I, O, S>;
}
