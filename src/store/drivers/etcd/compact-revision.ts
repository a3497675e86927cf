import { deferred } from "../../../core/deferred.js";
import type { Runtime } from "../../../core/runtime.js";
import type { Revision } from "../../key-value.js";
import type { EtcdConnection } from "./etcd-connection.js";
import type { TokenKeeper } from "./token-keeper.js";
import { WatchCall } from "./watch-call.js";

const patienceMs = 2_000;

/**
 * Up to where history has been compacted. etcd tells only watches, so one is made from before a revision that is gone;
 * should that not be answered, it is that revision at least.
 */
export async function findCompactRevision(
  home: { readonly runtime: Runtime; readonly connection: EtcdConnection; readonly tokens: TokenKeeper },
  key: string,
  gone: Revision,
): Promise<Revision> {
  const { runtime, connection, tokens } = home;
  const { session } = connection;
  if (session === undefined) return gone;
  const found = deferred<Revision>();
  const ignore = (): void => undefined;
  const pace = { askMs: patienceMs, silenceMs: patienceMs };
  const request = { range: { key, rangeEnd: "" }, startRevision: Math.max(1, gone - 1), prevKv: false };
  const call = new WatchCall(runtime, session, tokens.token, request, pace, {
    heard: ignore,
    created: ignore,
    events: ignore,
    progress: ignore,
    ended: (end) => {
      found.resolve(end.kind === "compacted" ? end.compactRevision : gone);
    },
  });
  try {
    return await found.promise;
  } finally {
    call.cancel();
  }
}
