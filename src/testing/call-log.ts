import type { Runtime } from "../core/index.js";
import type { WatchBatch } from "../store/index.js";
import type { RecordedCall, RecordedCallOf, RecordedOutcome, StoreRequest } from "./recorded-call.js";

/** A call as it is written down; its outcome comes later. */
type Entry = StoreRequest & {
  readonly calledAt: number;
  readonly batches?: WatchBatch[];
  returnedAt?: number;
  outcome: RecordedOutcome;
};

/** The calls of a recorded store. What was asked and answered is copied, so that nobody changes it afterwards. */
export class CallLog {
  readonly #runtime: Runtime;
  #entries: Entry[] = [];

  constructor(runtime: Runtime) {
    this.#runtime = runtime;
  }

  get calls(): readonly RecordedCall[] {
    // Which outcome goes with which method is seen to by whoever makes the entry.
    return [...this.#entries] as unknown as readonly RecordedCall[];
  }

  callsOf<M extends StoreRequest["method"]>(method: M): readonly RecordedCallOf<M>[] {
    return this.#entries.filter((entry) => entry.method === method) as unknown as readonly RecordedCallOf<M>[];
  }

  forget(): void {
    this.#entries = [];
  }

  /** Makes a call; `shown` makes plain data of an answer that is not. */
  async call<T>(
    request: StoreRequest,
    work: () => Promise<T>,
    shown: (value: T) => unknown = (value) => value,
  ): Promise<T> {
    const entry = this.#begin(request);
    try {
      const value = await work();
      this.#end(entry, { kind: "value", value: structuredClone(shown(value)) });
      return value;
    } catch (error) {
      this.#end(entry, { kind: "error", error });
      throw error;
    }
  }

  /** The same batches, written down as they are taken. */
  watch(request: StoreRequest, watch: AsyncIterable<WatchBatch>): AsyncIterable<WatchBatch> {
    const batches: WatchBatch[] = [];
    const entry = this.#begin(request, batches);
    const ended = (): void => {
      if (entry.outcome.kind === "pending") this.#end(entry, { kind: "value", value: undefined });
    };
    return {
      [Symbol.asyncIterator]: () => {
        const inner = watch[Symbol.asyncIterator]();
        return {
          next: async () => {
            try {
              const result = await inner.next();
              if (result.done === true) ended();
              else batches.push(structuredClone(result.value));
              return result;
            } catch (error) {
              this.#end(entry, { kind: "error", error });
              throw error;
            }
          },
          return: async () => {
            ended();
            return (await inner.return?.()) ?? { done: true, value: undefined };
          },
        };
      },
    };
  }

  #begin(request: StoreRequest, batches?: WatchBatch[]): Entry {
    const entry: Entry = {
      ...structuredClone(request),
      calledAt: this.#runtime.now(),
      outcome: { kind: "pending" },
      ...(batches === undefined ? {} : { batches }),
    };
    this.#entries.push(entry);
    return entry;
  }

  #end(entry: Entry, outcome: RecordedOutcome): void {
    entry.outcome = outcome;
    entry.returnedAt = this.#runtime.now();
  }
}
