import { mpsc, select } from "keelson/channels";
import { port, remoteStore, simulate } from "keelson/simulation";
import { putIfAbsent } from "keelson/store";
import { Semaphore } from "keelson/sync";
import { spawn } from "keelson/tasks";
import { sleep } from "keelson/time";

const gossip = port<{ readonly from: string; readonly heard: number }>("gossip");

/** A bit of everything, for whoever wants to know whether two machines see the same: the fingerprint of one run. */
export async function standardHash(seed: number): Promise<string> {
  const net = { latency: { min: 1, max: 40 }, drop: 0.05, duplicate: 0.05 };
  const { traceHash } = await simulate({ seed, net, duration: "20s" }, (sim) => {
    sim.store("store");
    for (const name of ["a", "b", "c"]) {
      sim.host(
        name,
        async ({ net: own, runtime, disk }) => {
          const socket = own.socket(gossip);
          const store = remoteStore(own, "store", { requestTimeout: "500ms" });
          const slots = new Semaphore(2);
          const [tx, rx] = mpsc.channel<number>(2);
          for (let worker = 0; worker < 4; worker += 1) {
            spawn(async () => {
              for (;;) {
                using _slot = await slots.acquire();
                await sleep(runtime.random() * 300);
                await tx.send(worker);
              }
            });
          }
          for (let round = 0; ; round += 1) {
            const { key } = await select({ job: rx, heard: socket.messages });
            if (key === "job") for (const other of ["a", "b", "c"]) socket.send(other, { from: name, heard: round });
            if (round % 10 === 0) {
              await putIfAbsent(store, `/${name}/${runtime.id()}`, "x").catch(() => undefined);
              await disk.append("log", String(round));
            }
          }
        },
        { clock: { drift: name === "b" ? 0.01 : 0 } },
      );
    }
    sim.after("3s", () => {
      sim.crash("a", "1s");
    });
    sim.after("6s", () => {
      sim.pause("b", "3s");
    });
    sim.after("8s", () => {
      sim.swizzle(["a", "c"], "4s");
    });
  });
  return traceHash;
}
