import { fc, test } from "@fast-check/vitest";
import { describe, expect } from "vitest";
import {
  type KeyRange,
  type Lease,
  type Op,
  type StateStore,
  type Txn,
  type WatchBatch,
  compareKeys,
  op,
} from "keelson/store";
import { memoryStore } from "keelson/store/memory";
import { virtualTime } from "keelson/testing";
import { ReferenceStore } from "./reference-store.js";
import { type Command, type Resolve, anyBranch, anyCommand, anyRange, plain } from "./store-commands.js";

const ttlMs = 10_000;

/** Both stores, and what the test knows of the leases. */
class Pair {
  readonly model = new ReferenceStore();
  readonly store: StateStore;
  readonly time: ReturnType<typeof virtualTime>;
  readonly leases: { lease: Lease; expires: number; renewal: number; isGone: boolean }[] = [];
  renewals = 0;

  constructor(time: ReturnType<typeof virtualTime>) {
    this.time = time;
    this.store = memoryStore();
  }

  async run(command: Command): Promise<void> {
    switch (command.type) {
      case "txn":
        return this.txn(command);
      case "range": {
        const { range, limit, reverse } = command;
        const revision = this.revision(command.ago);
        const read = this.store.range(range, { limit, reverse, ...(revision === undefined ? {} : { revision }) });
        if (this.isGone(revision)) return expectCode(read, "STORE_COMPACTED");
        const all = [...this.model.range(range, revision)];
        const kvs = (reverse ? all.reverse() : all).slice(0, limit);
        const expected = {
          revision: revision ?? this.model.revision,
          kvs,
          more: kvs.length < all.length,
          count: all.length,
        };
        expect(plain(await read)).toEqual(plain(expected));
        return;
      }
      case "get": {
        const revision = this.revision(command.ago);
        const read = this.store.get(command.key, revision === undefined ? {} : { revision });
        if (this.isGone(revision)) return expectCode(read, "STORE_COMPACTED");
        const [kv] = this.model.range({ key: command.key }, revision);
        expect(plain(await read)).toEqual(plain({ revision: revision ?? this.model.revision, ...(kv && { kv }) }));
        return;
      }
      case "compact": {
        const revision = Math.max(0, this.model.revision - command.ago);
        await this.store.compact(revision);
        this.model.compacted = Math.max(this.model.compacted, revision);
        return;
      }
      case "grant":
        this.leases.push({
          lease: await this.store.grantLease(ttlMs),
          expires: this.time.runtime.now() + ttlMs,
          renewal: this.renewals++,
          isGone: false,
        });
        return;
      case "revoke":
        return this.revoke(command.lease);
      case "keepAlive": {
        const held = this.leases[command.lease];
        if (held === undefined) return;
        if (held.isGone) return expectCode(held.lease.keepAliveOnce(), "STORE_LEASE_NOT_FOUND");
        await held.lease.keepAliveOnce();
        held.expires = this.time.runtime.now() + ttlMs;
        held.renewal = this.renewals++;
        return;
      }
      case "pass":
        return this.pass(command.seconds * 1_000);
      case "watch":
        return this.watch(command.range, Math.max(0, this.model.revision - command.ago) + 1, command.stops);
    }
  }

  private async txn(command: Command & { type: "txn" }): Promise<void> {
    const ids = this.leases.map(({ lease }) => lease.id);
    const resolved = <T>(parts: readonly Resolve<T>[]): T[] => parts.map((part) => part(this.model.revision, ids, 0));
    const txn: Txn = { if: resolved(command.if), then: resolved(command.then), else: resolved(command.else) };
    const answer = this.store.txn(txn);
    if ([txn.then, txn.else ?? []].some(overlaps)) {
      await expect(answer).rejects.toThrow(TypeError);
      return;
    }
    const dead = this.leases.filter(({ isGone }) => isGone).map(({ lease }) => lease.id);
    const probe = new ReferenceStore();
    probe.revision = this.model.revision;
    probe.states.set(this.model.revision, this.model.state);
    const taken = probe.txn({ ...txn, then: [], else: [] }).succeeded ? txn.then : (txn.else ?? []);
    if (taken.some((each) => each.type === "put" && each.lease !== undefined && dead.includes(each.lease))) {
      return expectCode(answer, "STORE_LEASE_NOT_FOUND");
    }
    expect(plain(await answer)).toEqual(plain(this.model.txn(txn)));
  }

  private async revoke(index: number): Promise<void> {
    const held = this.leases[index];
    if (held === undefined) return;
    await held.lease.revoke();
    if (!held.isGone) this.model.dropLease(held.lease.id);
    held.isGone = true;
    expect(held.lease.signal.aborted).toBe(true);
  }

  private async pass(ms: number): Promise<void> {
    await this.time.advance(ms);
    const due = this.leases.filter(({ isGone, expires }) => !isGone && expires <= this.time.runtime.now());
    for (const held of due.sort((a, b) => a.expires - b.expires || a.renewal - b.renewal)) {
      held.isGone = true;
      this.model.dropLease(held.lease.id);
    }
  }

  /** A watch from anywhere, stopped and resumed after as few batches as `stops`, shows each change once, in order. */
  private async watch(range: KeyRange, from: number, stops: number): Promise<void> {
    if (from <= this.model.compacted) {
      return expectCode(this.store.watch(range, { from })[Symbol.asyncIterator]().next(), "STORE_COMPACTED");
    }
    const seen: [number, unknown][] = [];
    for (let next = from; next <= this.model.revision;) {
      let taken = 0;
      for await (const batch of this.store.watch(range, { from: next, prevKv: true })) {
        if (batch.type === "events") seen.push([batch.revision, batch.events]);
        next = Math.max(next, batch.revision + 1);
        if (stops > 0 && taken++ >= stops) break;
        if (this.isPast(range, batch)) {
          next = this.model.revision + 1;
          break;
        }
      }
    }
    expect(plain(seen)).toEqual(plain(this.model.changes(range, from)));
  }

  /** Whether nothing is left to come after this batch. */
  private isPast(range: KeyRange, { revision }: WatchBatch): boolean {
    return this.model.changes(range, revision + 1).length === 0;
  }

  private revision(ago: number | undefined): number | undefined {
    return ago === undefined ? undefined : Math.max(0, this.model.revision - ago);
  }

  private isGone(revision: number | undefined): boolean {
    return revision !== undefined && revision <= this.model.compacted;
  }
}

function overlaps(ops: readonly Op[]): boolean {
  const puts = ops.flatMap((each) => (each.type === "put" ? [each.key] : []));
  if (new Set(puts).size < puts.length) return true;
  const model = new ReferenceStore();
  model.txn({ then: [...new Set(puts)].map((key) => op.put(key, "")) });
  return ops.some((each) => each.type === "delete" && model.range(each.range).length > 0);
}

async function expectCode(promise: Promise<unknown>, code: string): Promise<void> {
  await expect(promise).rejects.toMatchObject({ code });
}

describe("the memory store", () => {
  // 100 runs of 100 commands.
  test.prop([fc.array(anyCommand, { minLength: 100, maxLength: 100 })], { numRuns: 100 })(
    "answers like a store that copies everything at each revision",
    async (commands) => {
      using time = virtualTime();
      const pair = new Pair(time);
      for (const command of commands) await pair.run(command);
      const { kvs } = await pair.store.range({ prefix: "" });
      expect(plain(kvs)).toEqual(plain(pair.model.range({ prefix: "" })));
      await pair.store.close();
    },
    60_000,
  );

  test.prop([
    fc.array(anyBranch, { minLength: 1, maxLength: 30 }),
    anyRange,
    fc.array(fc.nat({ max: 4 }), { minLength: 1 }),
  ])(
    "a watch that is stopped and resumed any number of times shows each event exactly once, in order",
    async (branches, range, stops) => {
      using _time = virtualTime();
      const store = memoryStore();
      const model = new ReferenceStore();
      let from = 2;
      const seen: [number, unknown][] = [];
      const take = async (batches: number): Promise<void> => {
        const iterator = store.watch(range, { from, prevKv: true })[Symbol.asyncIterator]();
        for (let count = 0; count <= batches; count += 1) {
          if (count > 0 && model.changes(range, from).length === 0) break;
          const { value } = (await iterator.next()) as IteratorYieldResult<WatchBatch>;
          if (value.type === "events") seen.push([value.revision, value.events]);
          from = Math.max(from, value.revision + 1);
        }
        await iterator.return?.();
      };
      for (const [index, branch] of branches.entries()) {
        const then = branch.map((part) => part(0, [], 0));
        if (overlaps(then)) continue;
        await store.txn({ then });
        model.txn({ then });
        await take(stops[index % stops.length] ?? 0);
      }
      while (model.changes(range, from).length > 0) await take(3);
      expect(plain(seen)).toEqual(plain(model.changes(range, 2)));
    },
  );

  test.prop([
    fc.array(fc.tuple(fc.string({ unit: "binary", minLength: 1, maxLength: 4 }), fc.boolean()), { maxLength: 60 }),
  ])("keeps any keys in the order of their bytes", async (changes) => {
    const store = memoryStore();
    const present = new Set<string>();
    for (const [key, isPut] of changes) {
      if (key.includes("\0") || /\p{Surrogate}/u.test(key)) continue;
      await store.txn({ then: [isPut ? op.put(key, "") : op.delete(key)] });
      if (isPut) present.add(key);
      else present.delete(key);
    }
    const bytewise = [...present].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    expect((await store.range({ prefix: "" })).kvs.map(({ key }) => key)).toEqual(bytewise);
    expect([...present].sort(compareKeys)).toEqual(bytewise);
  });
});
