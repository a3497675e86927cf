/** Channels, select, locks and tasks: against the least code that does the job, and against the packages that do it. */
import { rows as lag } from "./channels-lag.js";
import { rows as memory } from "./channels-memory.js";
import { rows as mpsc } from "./channels-mpsc.js";
import { rows as select } from "./channels-select.js";
import { rows as state } from "./channels-state.js";
import { rows as sync } from "./channels-sync.js";
import type { Row } from "./harness.js";

export const rows: readonly Row[] = [...mpsc, ...select, ...state, ...sync, ...memory, ...lag];
