/**
 * A pool of workers on a bounded channel: producers wait while it is full, four jobs run at a time, and a shutdown lets
 * what was accepted finish. Ends by itself; press Ctrl-C to see it drain.
 */
import { mpsc } from "keelson/channels";
import { createLifecycle } from "keelson/lifecycle";
import { forEachConcurrent } from "keelson/tasks";
import { sleep } from "keelson/time";

interface Job {
  readonly id: number;
}

const lifecycle = createLifecycle({ timeout: "10s" });
const [jobs, accepted] = mpsc.channel<Job>(8);
let done = 0;

// A job that throws would end the pool, and the process with it: what may fail is caught here.
const pool = forEachConcurrent(accepted, 4, async ({ id }) => {
  await sleep(20);
  done += 1;
  if (id % 10 === 0) console.log(`job ${String(id)} done`);
});
lifecycle.drain("jobs", accepted, pool);

let sent = 0;
try {
  for (let id = 1; id <= 40; id += 1) {
    await jobs.send({ id }, { signal: lifecycle.signal });
    sent += 1;
  }
} catch (error) {
  if (!lifecycle.signal.aborted) throw error;
  console.log("asked to stop: no new jobs");
}
jobs.close();
await pool;
console.log(`${String(done)} of ${String(sent)} accepted jobs done`);
await lifecycle.shutdown("no more jobs");
