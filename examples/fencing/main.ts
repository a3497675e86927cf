/**
 * Two processes, one leader, one counter, and a pause at the wrong moment. Without fencing the leader that was paused
 * goes on where it was and overwrites what its successor did; with fencing the store refuses it. Simulated, so that it
 * comes out the same each run.
 */
import { createElection } from "keelson/cluster";
import { remoteStore, simulate } from "keelson/simulation";
import { type StateStore, op } from "keelson/store";

async function countIn(store: StateStore): Promise<number> {
  const { kv } = await store.get("/count");
  return kv === undefined ? 0 : Number(new TextDecoder().decode(kv.value));
}

async function play(isFenced: boolean): Promise<void> {
  console.log(
    `\n${isFenced ? "Fenced: `if: term.fence()` in each transaction" : "Unfenced: a look at `term.isHeld()` first"}`,
  );
  let acknowledged = 0;
  await simulate({ seed: 1, net: { latency: 5 } }, async (sim) => {
    const say = (text: string): void => {
      console.log(`  ${(sim.now() / 1_000).toFixed(1).padStart(5)} s  ${text}`);
    };
    sim.store("store");
    for (const name of ["alice", "bob"]) {
      sim.host(name, async ({ net, runtime, signal }) => {
        await runtime.sleep(name === "alice" ? 0 : 100);
        const store = remoteStore(net, "store");
        const election = createElection(store, { name: "counter", identity: name, ttl: "6s" });
        election.on("lost", ({ token }) => {
          say(`${name} finds that term ${token} is over`);
        });
        await election.run(
          async (term) => {
            say(`${name} leads, term ${term.token}`);
            while (term.isHeld() && !signal.aborted) {
              const next = (await countIn(store)) + 1;
              await runtime.sleep(2_000); // the work that the counter counts
              const write = { if: isFenced ? term.fence() : [], then: [op.put("/count", String(next))] };
              const { succeeded } = await store.txn(write);
              say(`${name} writes ${next}${succeeded ? "" : ": refused"}`);
              if (succeeded) acknowledged += 1;
            }
          },
          { signal },
        );
      });
    }
    sim.after("5s", () => {
      say("alice is paused: a garbage collection, a SIGSTOP, a suspended machine");
      sim.pause("alice", "12s");
    });
    await sim.sleep("20s");
    const count = await countIn(remoteStore(sim.net, "store"));
    const verdict = count === acknowledged ? "none is lost" : `${acknowledged - count} lost`;
    console.log(`  ${acknowledged} increments were acknowledged, the counter says ${count}: ${verdict}`);
  });
}

await play(false);
await play(true);
