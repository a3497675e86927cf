/**
 * Probes of a process through its life: starting, ready, with a dependency down, and shutting down. Liveness stays as it
 * is all the time, because nothing of this is cured by a restart.
 */
import { createHealth, eventLoopLag, healthOf, memory } from "keelson/health";
import { createLifecycle } from "keelson/lifecycle";
import { memoryStore } from "keelson/store/memory";

const lifecycle = createLifecycle({ exit: false });
const store = memoryStore();
let isPaymentUp = true;

using health = createHealth({ lifecycle });
health.check("store", healthOf(store), { timeout: "2s", ttl: 0 });
health.check(
  "payment",
  () => {
    if (!isPaymentUp) throw new Error("connection refused");
  },
  // Orders can be taken without it, so it is no reason to be sent none.
  { critical: false, ttl: 0 },
);
health.check("event loop", eventLoopLag({ warn: "1s", fail: "10s" }), { kinds: ["live"] });
health.check("memory", memory(), { kinds: ["live"], critical: false });

await using listener = await health.listen({ port: 0, host: "127.0.0.1" });
const probe = async (when: string, path: string): Promise<void> => {
  const answer = await fetch(listener.url + path);
  console.log(`${when}: GET ${path} is ${String(answer.status)}`);
  console.log((await answer.text()).trimEnd().replaceAll(/^/gm, "    "));
};

await probe("starting", "/readyz");
lifecycle.markReady();
await probe("ready", "/readyz?verbose");
isPaymentUp = false;
await probe("without payment", "/readyz?verbose");
await probe("without payment", "/health/ready");
await store.close();
await probe("without its store", "/readyz");
await lifecycle.shutdown("end of the example");
await probe("shutting down", "/readyz");
await probe("shutting down", "/livez");
