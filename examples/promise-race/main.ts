/**
 * Why not `Promise.race`: it loses messages, and it retains memory for as long as one of the promises is pending.
 * `select` does neither. Run with `npx tsx examples/promise-race/main.ts`.
 */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { mpsc, select } from "keelson/channels";
import { sleep, timer } from "keelson/time";

const rounds = 20_000;

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

async function raceLosesMessages(): Promise<void> {
  const [tx, rx] = mpsc.channel<string>(8);
  await Promise.race([rx.recv(), sleep(1)]); // the sleep wins, and the recv still waits
  await tx.send("pay the invoice");
  console.log(`Promise.race: ${rx.tryRecv().ok ? "the message is there" : "the message is lost"}`);
}

async function selectLosesNone(): Promise<void> {
  const [tx, rx] = mpsc.channel<string>(8);
  await select({ job: rx, late: timer(1) });
  await tx.send("pay the invoice");
  console.log(`select:       ${rx.tryRecv().ok ? "the message is there" : "the message is lost"}`);
}

/** How many MB are retained by that many waits for a short message beside a promise that stays pending. */
async function retained(waitBeside: (message: string, forever: Promise<never>) => Promise<unknown>): Promise<number> {
  const forever = new Promise<never>(() => undefined);
  const heap = async (): Promise<number> => {
    await sleep(1);
    collect();
    return process.memoryUsage().heapUsed;
  };
  const before = await heap();
  for (let round = 0; round < rounds; round += 1) await waitBeside(`${String(round)} `.repeat(200), forever);
  const after = await heap();
  await Promise.race([forever, sleep(0)]); // and so it lives until here
  return (after - before) / 2 ** 20;
}

const [tx, rx] = mpsc.channel<string>(1);
const ofRace = await retained((message, forever) => Promise.race([Promise.resolve(message), forever]));
const ofSelect = await retained((message, forever) => {
  tx.trySend(message);
  return select({ message: rx, forever });
});

await raceLosesMessages();
await selectLosesNone();
console.log(`Promise.race: ${ofRace > 5 ? "retains megabytes" : `retains ${ofRace.toFixed(1)} MB`}`);
console.log(`select:       ${ofSelect < 1 ? "retains less than 1 MB" : `retains ${ofSelect.toFixed(1)} MB`}`);
