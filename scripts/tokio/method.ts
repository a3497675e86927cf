/** One of Tokio's methods, or several of a kind. */
export interface Method {
  readonly tokio: string;
  /** Members of the entry point: `mpsc.Sender.send`, `Mutex.lock`, `sleep`; `@dispose` stands for `[Symbol.dispose]`. */
  readonly ours: readonly string[];
  /** What differs, if anything does. */
  readonly note?: string;
}

/** What belongs together, in one entry point. */
export interface Section {
  readonly title: string;
  readonly entry: "channels" | "sync" | "time" | "tasks" | "tasks/local" | "core" | "testing";
  readonly methods: readonly Method[];
}

/** A row of the data: members are separated by spaces. */
export function method(tokio: string, ours: string, note?: string): Method {
  return { tokio, ours: ours.split(" "), ...(note === undefined ? {} : { note }) };
}
