import pg from "pg";
import { deferred } from "../../src/core/deferred.js";
import type { Pg, PgClient, PgConfig } from "keelson/store/postgres";

/** The package `pg`, but that queries of one name wait. */
export interface GatedPg {
  readonly pg: Pg;
  /** Lets them go on, from now on at once. */
  open(): void;
}

/** Holds up the queries of that name, of the connections that a pool has `lent` or of the store's `own` one. */
export function gatedPg(name: string, which: "lent" | "own"): GatedPg {
  const gate = deferred<undefined>();
  class Client extends pg.Client {
    constructor(config?: PgConfig) {
      super(config);
      const ask: PgClient["query"] = super.query.bind(this);
      const query: PgClient["query"] = async (asked) => {
        if (asked.name === name) await gate.promise;
        return ask(asked);
      };
      Object.assign(this, { query });
    }
  }
  class Pool extends pg.Pool {
    constructor(config: PgConfig) {
      super(which === "lent" ? { ...config, Client } : config);
    }
  }
  return {
    pg: { Client: which === "own" ? Client : pg.Client, Pool },
    open: () => {
      gate.resolve(undefined);
    },
  };
}
