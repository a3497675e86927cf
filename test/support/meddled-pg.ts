import pg from "pg";
import type { Pg, PgClient, PgConfig } from "keelson/store/postgres";

/** Called with a query's name before it is sent: it may wait, and fail. */
export type Meddle = (name: string | undefined) => Promise<void> | void;

/** The package `pg`, but that something is done before each query of the connections that a pool lends, or of others. */
export function meddledPg({ lent, own }: { readonly lent?: Meddle; readonly own?: Meddle }): Pg {
  return {
    Client: clientWith(own),
    Pool: class extends pg.Pool {
      constructor(config: PgConfig) {
        super({ ...config, Client: clientWith(lent) });
      }
    },
  };
}

function clientWith(meddle: Meddle = () => undefined): new (config?: PgConfig) => pg.Client {
  return class extends pg.Client {
    constructor(config?: PgConfig) {
      super(config);
      const ask: PgClient["query"] = super.query.bind(this);
      const query: PgClient["query"] = async (asked) => {
        await meddle(asked.name);
        return ask(asked);
      };
      Object.assign(this, { query });
    }
  };
}
