import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { Emitter, type Events, type Health } from "keelson/core";
import {
  CompactedError,
  type GetOptions,
  type KeyRange,
  type KeyValue,
  type Lease,
  type Op,
  type OpResult,
  type RangeOptions,
  type RangeResult,
  type StateStore,
  StoreClosedError,
  type StoreEvents,
  type Txn,
  type TxnResult,
  UnsupportedError,
  type WatchBatch,
  type WatchEvent,
  type WatchOptions,
  checkKey,
  checkRange,
  checkTxn,
  compareKeys,
  inRange,
} from "keelson/store";
import { conditionHolds } from "./condition.js";
import { Watch } from "./watch.js";

/** What this driver leaves out is declared: the suite then asserts that it is refused. */
export const capabilities = {
  multiKeyTxn: true,
  historyReads: false,
  gapFreeWatch: false,
  leases: false,
  linearizableReads: true,
  durable: true,
  progress: false,
  futureWatch: false,
  safeLeaseRevoke: false,
  pauseSafe: true,
  maxTxnOps: 128,
  maxValueBytes: 1_048_576,
};

/** One line of the journal: what a revision changed. Bytes are in base64. */
interface Line {
  readonly revision: number;
  readonly changes: readonly { readonly key: string; readonly value?: string }[];
}

/** A store of one process, kept as a journal of changes in a file. */
export class JournalStore implements StateStore {
  readonly capabilities: StateStore["capabilities"] = capabilities;
  readonly #emitter = new Emitter<StoreEvents>();
  readonly events: Events<StoreEvents> = this.#emitter;
  readonly #file: string;
  #keys = new Map<string, KeyValue>();
  #revision = 1;
  readonly #watches = new Set<Watch>();
  #isClosed = false;

  constructor(file: string) {
    this.#file = file;
    if (!existsSync(file)) return;
    for (const text of readFileSync(file, "utf8").split("\n").filter(Boolean)) {
      const { revision, changes } = JSON.parse(text) as Line;
      for (const { key, value } of changes) {
        if (value === undefined) this.#keys.delete(key);
        else this.#keys.set(key, nextVersion(this.#keys.get(key), key, Buffer.from(value, "base64"), revision));
      }
      this.#revision = revision;
    }
  }

  async get(key: string, options: GetOptions = {}): Promise<{ readonly revision: number; readonly kv?: KeyValue }> {
    this.#enter(options);
    checkKey(key);
    const kv = this.#keys.get(key);
    return Promise.resolve(
      kv === undefined ? { revision: this.#revision } : { revision: this.#revision, kv: copy(kv) },
    );
  }

  async range(range: KeyRange, options: RangeOptions = {}): Promise<RangeResult> {
    this.#enter(options);
    checkRange(range);
    const { limit = Number.POSITIVE_INFINITY, keysOnly, countOnly, reverse } = options;
    if (limit < 1) throw new RangeError(`Expected \`limit\` to be at least 1, got ${limit}`);
    const found = select(this.#keys, range);
    if (reverse === true) found.reverse();
    const kvs = countOnly === true ? [] : found.slice(0, limit).map((kv) => copy(kv, keysOnly));
    const more = countOnly !== true && kvs.length < found.length;
    return Promise.resolve({ revision: this.#revision, kvs, more, count: found.length });
  }

  async txn(txn: Txn, options: { readonly signal?: AbortSignal | undefined } = {}): Promise<TxnResult> {
    this.#enter(options);
    checkTxn(txn, capabilities);
    const succeeded = (txn.if ?? []).every((condition) => conditionHolds(condition, this.#keys.get(condition.key)));
    const keys = new Map(this.#keys);
    const events: WatchEvent[] = [];
    const ops = succeeded ? txn.then : (txn.else ?? []);
    const results = ops.map((op) => apply(keys, op, this.#revision + 1, events));
    if (events.length > 0) this.#commit(keys, events);
    return Promise.resolve({ succeeded, revision: this.#revision, results });
  }

  watch(range: KeyRange, options: WatchOptions = {}): AsyncIterable<WatchBatch> {
    checkRange(range);
    const { from = this.#revision + 1, progressMs = 1 } = options;
    if (!(from >= 0) || !(progressMs > 0)) throw new RangeError("Expected `from` not below 0, `progressMs` above it");
    const watch = new Watch(range, options, (ended) => this.#watches.delete(ended));
    if (this.#isClosed) watch.end(new StoreClosedError());
    else if (from <= this.#revision) watch.end(new CompactedError(this.#revision));
    else this.#watches.add(watch);
    watch.push({ type: "progress", revision: this.#revision });
    return watch;
  }

  async grantLease(): Promise<Lease> {
    return Promise.reject(new UnsupportedError("this store has no leases"));
  }

  async compact(): Promise<void> {
    this.#enter({});
    return Promise.resolve(); // there is no history
  }

  health(): Promise<Health> {
    return Promise.resolve(this.#isClosed ? { status: "fail", message: "closed" } : { status: "pass" });
  }

  close(): Promise<void> {
    this.#isClosed = true;
    for (const watch of this.#watches) watch.end(new StoreClosedError());
    return Promise.resolve();
  }

  #enter({ signal, revision }: GetOptions): void {
    signal?.throwIfAborted();
    if (this.#isClosed) throw new StoreClosedError();
    if (revision !== undefined) throw new UnsupportedError("this store keeps no history");
  }

  /** First the file, then memory: what was acknowledged is in the file. */
  #commit(keys: Map<string, KeyValue>, events: readonly WatchEvent[]): void {
    const revision = this.#revision + 1;
    const changes = events.map(({ type, kv: { key, value } }) =>
      type === "put" ? { key, value: Buffer.from(value).toString("base64") } : { key },
    );
    appendFileSync(this.#file, `${JSON.stringify({ revision, changes } satisfies Line)}\n`);
    this.#keys = keys;
    this.#revision = revision;
    for (const watch of this.#watches) watch.changed(revision, events);
  }
}

function apply(keys: Map<string, KeyValue>, op: Op, revision: number, events: WatchEvent[]): OpResult {
  switch (op.type) {
    case "put": {
      const kv = nextVersion(keys.get(op.key), op.key, op.value, revision);
      const prev = keys.get(op.key);
      keys.set(op.key, kv);
      events.push(prev === undefined ? { type: "put", kv } : { type: "put", kv, prev });
      return { type: "put" };
    }
    case "delete": {
      const gone = select(keys, op.range);
      for (const prev of gone) {
        keys.delete(prev.key);
        const kv = { key: prev.key, value: new Uint8Array(0), createRevision: 0, modRevision: revision, version: 0 };
        events.push({ type: "delete", kv, prev });
      }
      return { type: "delete", deleted: gone.length, prevKvs: op.prevKv === true ? gone.map((kv) => copy(kv)) : [] };
    }
    case "range": {
      const found = select(keys, op.range);
      const kvs = found.slice(0, op.limit).map((kv) => copy(kv));
      return { type: "range", kvs, more: kvs.length < found.length, count: found.length };
    }
  }
}

function nextVersion(before: KeyValue | undefined, key: string, value: Uint8Array, revision: number): KeyValue {
  const { createRevision = revision, version = 0 } = before ?? {};
  return { key, value: new Uint8Array(value), createRevision, modRevision: revision, version: version + 1 };
}

function select(keys: ReadonlyMap<string, KeyValue>, range: KeyRange): KeyValue[] {
  return [...keys.values()].filter(({ key }) => inRange(key, range)).sort((a, b) => compareKeys(a.key, b.key));
}

function copy(kv: KeyValue, keysOnly = false): KeyValue {
  return { ...kv, value: keysOnly ? new Uint8Array(0) : new Uint8Array(kv.value) };
}
