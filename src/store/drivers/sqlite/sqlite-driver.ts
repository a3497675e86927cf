import { createRequire, isBuiltin } from "node:module";
import { versions } from "node:process";
import { pathToFileURL } from "node:url";
import type { SqliteDriver } from "./sql-database.js";

/** A driver, and where its module is if it is a package. */
export interface DriverChoice {
  readonly driver: SqliteDriver;
  readonly module?: string;
}

/** The driver that was asked for, or the one that this version of Node offers. */
export function chooseDriver(wanted: SqliteDriver | undefined): DriverChoice {
  if ((wanted ?? (hasNodeSqlite() ? "node:sqlite" : "better-sqlite3")) === "node:sqlite") {
    // Not by its version: an older one may have it behind a flag.
    if (isBuiltin("node:sqlite")) return { driver: "node:sqlite" };
    throw new Error(`The SQLite driver \`node:sqlite\` needs Node 22.13 or later, and this is ${versions.node}`);
  }
  try {
    const file = createRequire(import.meta.url).resolve("better-sqlite3");
    return { driver: "better-sqlite3", module: pathToFileURL(file).href };
  } catch (cause) {
    throw new Error(
      "The SQLite store needs Node 22.13 or later, or the package `better-sqlite3`: install it with `npm install better-sqlite3@12`",
      { cause },
    );
  }
}

/** `node:sqlite` is there without a flag from Node 22.13 and 23.4 on. */
function hasNodeSqlite(): boolean {
  const [major = 0, minor = 0] = versions.node.split(".").map(Number);
  return major > 23 || (major === 23 && minor >= 4) || (major === 22 && minor >= 13);
}
