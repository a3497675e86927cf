/** Columns of a log row or a key, under the names that rows have. */
const kvColumns = "key, value, created, modified, version, lease";
const logColumns = "key, value, created, revision AS modified, version, lease";

/** Revisions that are looked at for one page, so that a rare key in a long history keeps nobody waiting. */
export const pageRevisions = 20_000;

/** The statements of one schema. Each reads in one snapshot: how far the store reaches, and what was asked for. */
export interface Queries {
  readonly reach: string;
  readonly get: string;
  readonly getAt: string;
  /** `columns` of what a range holds, in order; at a revision where one is given. */
  range(options: { readonly isPast: boolean; readonly isReverse: boolean; readonly keysOnly: boolean }): string;
  /** How many keys a range has. */
  count(isPast: boolean): string;
  changes(prevKv: boolean): string;
  /** All changes of one revision. */
  revision(prevKv: boolean): string;
  readonly txn: string;
  readonly grant: string;
  readonly keepAlive: string;
  readonly endLeases: string;
  readonly compact: string;
  readonly trim: string;
  readonly retain: string;
  readonly inspect: string;
}

export function queriesOf(schema: string): Queries {
  const reach = "m.store, m.revision AS reached, m.compacted";
  const meta = `${schema}.meta m`;
  const inBounds = "key >= $1 AND key < $2";
  const past = `(SELECT DISTINCT ON (key) ${logColumns} FROM ${schema}.log WHERE ${inBounds} AND revision <= $3 ORDER BY key, revision DESC)`;
  const source = (isPast: boolean): string =>
    isPast ? `${past} p WHERE value IS NOT NULL` : `${schema}.kv WHERE ${inBounds}`;
  const previous = `LEFT JOIN LATERAL (SELECT ${logColumns} FROM ${schema}.log o WHERE o.key = l.key AND o.revision < l.modified ORDER BY o.revision DESC LIMIT 1) p ON true`;
  const withPrevious = (prevKv: boolean): readonly [columns: string, join: string] =>
    prevKv
      ? [
          "l.*, p.value AS prev_value, p.created AS prev_created, p.modified AS prev_modified, p.version AS prev_version, p.lease AS prev_lease",
          previous,
        ]
      : ["l.*", ""];
  return {
    reach: `SELECT ${reach}, EXISTS (SELECT FROM ${schema}.lease WHERE expires <= clock_timestamp()) AS overdue FROM ${meta}`,
    get: `SELECT ${reach}, k.* FROM ${meta} LEFT JOIN ${schema}.kv k ON k.key = $1`,
    getAt: `SELECT ${reach}, l.* FROM ${meta} LEFT JOIN LATERAL (SELECT ${logColumns} FROM ${schema}.log WHERE key = $1 AND revision <= $2 ORDER BY revision DESC LIMIT 1) l ON true`,
    range: ({ isPast, isReverse, keysOnly }) => {
      const columns = keysOnly ? kvColumns.replace("value", "''::bytea AS value") : kvColumns;
      const limit = isPast ? "$4" : "$3";
      const count = `(SELECT count(*) FROM ${source(isPast)})`;
      return `SELECT ${reach}, CASE WHEN ${limit}::bigint IS NULL THEN 0 ELSE ${count} END AS total, k.* FROM ${meta}
        LEFT JOIN LATERAL (SELECT ${columns} FROM ${source(isPast)} ORDER BY key ${isReverse ? "DESC" : "ASC"} LIMIT ${limit}) k ON true
        ORDER BY k.key ${isReverse ? "DESC" : "ASC"}`;
    },
    count: (isPast) => `SELECT ${reach}, (SELECT count(*) FROM ${source(isPast)}) AS total FROM ${meta}`,
    changes: (prevKv) => {
      const [columns, join] = withPrevious(prevKv);
      return `SELECT ${reach}, ${columns} FROM ${meta} LEFT JOIN (
          SELECT * FROM (
            SELECT ${logColumns}, place, sum(coalesce(octet_length(value), 0)) OVER w AS bytes, row_number() OVER w AS nr
            FROM ${schema}.log WHERE revision >= $3 AND revision <= $4 AND ${inBounds}
            WINDOW w AS (ORDER BY revision, place ROWS UNBOUNDED PRECEDING) ORDER BY revision, place LIMIT $5::int + 1
          ) c WHERE nr = 1 OR bytes - coalesce(octet_length(value), 0) <= $6::bigint
        ) l ON true ${join} ORDER BY l.modified, l.place`;
    },
    revision: (prevKv) => {
      const [columns, join] = withPrevious(prevKv);
      return `SELECT ${columns} FROM (SELECT ${logColumns}, place FROM ${schema}.log WHERE revision = $3 AND ${inBounds}) l ${join} ORDER BY l.place`;
    },
    txn: `SELECT * FROM ${schema}.txn($1, $2)`,
    grant: `INSERT INTO ${schema}.lease VALUES ($1, $2, clock_timestamp() + $2 * interval '1 ms')`,
    keepAlive: `UPDATE ${schema}.lease SET expires = clock_timestamp() + ttl * interval '1 ms' WHERE id = $1 AND expires > clock_timestamp() RETURNING id`,
    endLeases: `SELECT ${schema}.end_leases($1) AS revision`,
    compact: `SELECT ${schema}.compact($1) AS revision`,
    trim: `SELECT ${schema}.trim() AS more`,
    retain: `SELECT ${schema}.retain($1, $2)`,
    inspect: `SELECT ${reach}, (SELECT count(*) FROM ${schema}.lease) AS leases, current_setting('server_version') AS server FROM ${meta}`,
  };
}
