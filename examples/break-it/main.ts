/**
 * Break it before production does: a leader by lease that looks right, the schedule that breaks it, and the fix. Prints
 * what a failing test of yours would print.
 */
import fc from "fast-check";
import {
  type HostContext,
  type Simulation,
  SimulationError,
  endpoint,
  exploreFaults,
  remoteStore,
} from "keelson/simulation";
import { putIfAbsent } from "keelson/store";
import { sleep } from "keelson/time";

const write = endpoint<number, null>("write");

async function lead({ name, net }: HostContext): Promise<void> {
  const store = remoteStore(net, "store");
  for (;;) {
    try {
      const lease = await store.grantLease(2_000);
      const { created, revision: token } = await putIfAbsent(store, "/leader", name, { lease: lease.id });
      while (created && !lease.signal.aborted) {
        await sleep(500);
        await net.request("db", write, token);
        await lease.keepAliveOnce();
      }
    } catch {
      // Lost the lease, or was refused: tries to lead again.
    }
    await sleep(300);
  }
}

/** Two candidates and a database; `accepts` decides, by the tokens, whether it takes a write. */
function cluster(accepts: (token: number, newest: number) => boolean): (sim: Simulation) => void {
  return (sim) => {
    const tokens: number[] = [];
    sim.store("store");
    sim.host("db", ({ net }) => {
      net.serve(write, (token) => {
        if (!accepts(token, Math.max(0, ...tokens))) throw new Error("a newer leader has written");
        tokens.push(token);
        return null;
      });
    });
    for (const name of ["a", "b"]) sim.host(name, lead);
    sim.always("only the newest leader writes", () => tokens.every((token, i) => token >= (tokens[i - 1] ?? 0)));
  };
}

const search = {
  fc,
  plans: { hosts: ["a", "b"], horizon: "10s", kinds: ["crash", "pause"] },
  runs: 50,
  duration: "15s",
} as const;

console.log("A leader that checks its lease, then writes:\n");
try {
  await exploreFaults(
    search,
    cluster(() => true),
  );
} catch (error) {
  if (!(error instanceof SimulationError)) throw error;
  const [report] = error.message.split("\n\nlast ");
  console.log(report?.replaceAll(/^(?=.)/gm, "  "));
}

console.log("\nThe same, but the database refuses tokens older than the newest it has seen:\n");
const { runs } = await exploreFaults(
  search,
  cluster((token, newest) => token >= newest),
);
console.log(`  holds in all ${String(runs)} schedules`);
