import type { Row } from "./harness.js";
import { etcdRows } from "./store-etcd.js";
import { memoryRows } from "./store-memory.js";
import { postgresRows } from "./store-postgres.js";
import { sqliteRows } from "./store-sqlite.js";

export const rows: readonly Row[] = [...memoryRows(), ...sqliteRows(), ...postgresRows(), ...etcdRows()];
