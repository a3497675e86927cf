import {
  type Compare,
  type KeyRange,
  type KeyValue,
  type Op,
  type OpResult,
  type Txn,
  type WatchEvent,
  compareKeys,
  inRange,
} from "keelson/store";

type State = ReadonlyMap<string, KeyValue>;

/** A store as simple as can be: a copy of everything at each revision. The memory store is held against it. */
export class ReferenceStore {
  revision = 1;
  compacted = 0;
  readonly states: Map<number, State> = new Map<number, State>([[1, new Map()]]);
  readonly events: Map<number, WatchEvent[]> = new Map<number, WatchEvent[]>();

  get state(): State {
    return this.states.get(this.revision) ?? new Map();
  }

  range(range: KeyRange, revision: number = this.revision): readonly KeyValue[] {
    return select(this.states.get(revision) ?? new Map(), range);
  }

  txn({ if: conditions = [], then, else: otherwise = [] }: Txn): {
    succeeded: boolean;
    revision: number;
    results: OpResult[];
  } {
    const succeeded = conditions.every((condition) => holds(condition, this.state.get(condition.key)));
    const { results } = this.#change(succeeded ? then : otherwise);
    return { succeeded, revision: this.revision, results };
  }

  /** What the end of a lease does. */
  dropLease(leaseId: string): void {
    const keys = select(this.state, { prefix: "" }).filter((kv) => kv.leaseId === leaseId);
    this.#change(keys.map(({ key }) => ({ type: "delete", range: { key } })));
  }

  /** Everything a watch of the range should show, by revision. */
  changes(range: KeyRange, from: number): readonly (readonly [number, readonly WatchEvent[]])[] {
    return [...this.events]
      .filter(([revision]) => revision >= from)
      .map(([revision, events]) => [revision, events.filter(({ kv }) => inRange(kv.key, range))] as const)
      .filter(([, events]) => events.length > 0);
  }

  #change(ops: readonly Op[]): { results: OpResult[] } {
    const next = new Map(this.state);
    const events: WatchEvent[] = [];
    const results = ops.map((op) => apply(next, this.revision + 1, op, events));
    if (events.length > 0) {
      this.revision += 1;
      this.states.set(this.revision, next);
      this.events.set(this.revision, events);
    }
    return { results };
  }
}

function apply(state: Map<string, KeyValue>, modRevision: number, op: Op, events: WatchEvent[]): OpResult {
  if (op.type === "range") {
    const all = select(state, op.range);
    const kvs = all.slice(0, op.limit ?? all.length);
    return { type: "range", kvs, more: kvs.length < all.length, count: all.length };
  }
  if (op.type === "delete") {
    const prevKvs = select(state, op.range);
    for (const prev of prevKvs) {
      state.delete(prev.key);
      const kv = { key: prev.key, value: new Uint8Array(0), createRevision: 0, modRevision, version: 0 };
      events.push({ type: "delete", kv, prev });
    }
    return { type: "delete", deleted: prevKvs.length, prevKvs: op.prevKv === true ? prevKvs : [] };
  }
  const prev = state.get(op.key);
  const kv = {
    key: op.key,
    value: op.value,
    createRevision: prev?.createRevision ?? modRevision,
    modRevision,
    version: (prev?.version ?? 0) + 1,
    ...(op.lease === undefined ? {} : { leaseId: op.lease }),
  };
  state.set(op.key, kv);
  events.push(prev === undefined ? { type: "put", kv } : { type: "put", kv, prev });
  return { type: "put" };
}

function select(state: State, range: KeyRange): readonly KeyValue[] {
  const kvs = [...state.values()].filter(({ key }) => inRange(key, range));
  return kvs.sort((a, b) => compareKeys(a.key, b.key));
}

function holds(condition: Compare, kv: KeyValue | undefined): boolean {
  if (condition.target === "value") {
    if (kv === undefined) return false;
    return (Buffer.compare(kv.value, condition.value) === 0) === (condition.op === "=");
  }
  if (condition.target === "lease") return (kv?.leaseId === condition.value) === (condition.op === "=");
  const actual = kv?.[condition.target] ?? 0;
  const { op, value } = condition;
  return op === "=" ? actual === value : op === "!=" ? actual !== value : op === "<" ? actual < value : actual > value;
}
