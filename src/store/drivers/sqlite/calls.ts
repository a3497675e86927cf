import type { Reader } from "./connections.js";
import { packResult, unpackTxn } from "./txn-packing.js";
import type { ReadCall, WriteCall } from "./worker-protocol.js";
import type { WriteJob } from "./write-group.js";

/** What a reading call answers. */
export function answerRead({ database, keys, changes }: Reader, call: ReadCall): unknown {
  switch (call.type) {
    case "get":
      return keys.get(call.key, call.revision);
    case "range":
      return keys.range(call.range, call.options);
    case "changes":
      return changes.page(call.request, keys.reach());
    case "reach":
      return keys.reach();
    case "inspect": {
      const { revision, compacted } = keys.reach();
      const { leases } = database.prepare("SELECT count(*) AS leases FROM lease").get() as { leases: number };
      const { bytes } = database
        .prepare("SELECT page_count * page_size AS bytes FROM pragma_page_count, pragma_page_size")
        .get() as { bytes: number };
      return { revision, compacted, leases, bytes };
    }
  }
}

/** What a writing call does. */
export function writeJob(call: WriteCall): WriteJob {
  return {
    run({ txns }) {
      switch (call.type) {
        case "txn":
          return packResult(txns.txn(unpackTxn(call.txn)));
        case "grant":
          txns.grant(call.id, call.ttlMs);
          return undefined;
        case "keepAlive":
          txns.keepAlive(call.id);
          return undefined;
        case "revoke":
          txns.endLease(call.id);
          return undefined;
        case "compact":
          txns.compact(call.revision);
          return undefined;
      }
    },
  };
}
