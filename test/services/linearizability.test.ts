import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { capabilitiesOf } from "../../src/store/drivers/etcd/server-version.js";
import { etcdMissing, etcdVersion, postgresMissing, startEtcd, startPostgres, unasked } from "../support/servers.js";
import { sqliteMissing } from "../support/sqlite.js";
import { describeUnless } from "../support/when.js";
import { type LinearReport, type LinearRun, linearRun } from "../workloads/linear-run.js";
import { embattledEtcd, embattledPostgres, killWriters } from "../workloads/nemeses.js";

/** For minutes: `KEELSON_LINEAR_SECONDS=300 npm run test:services -- test/services/linearizability.test.ts` */
const seconds = Number(process.env["KEELSON_LINEAR_SECONDS"] ?? 8);
const patience = 1_000 * (10 * seconds + 120);

async function holds(run: Omit<LinearRun, "seconds">): Promise<void> {
  const report: LinearReport = await linearRun({ ...run, seconds });
  console.log(JSON.stringify(report));
  expect(report.illegal).toEqual([]);
  expect(report.unknown.length).toBeLessThanOrEqual(report.keys / 100);
  expect(report.calls).toBeGreaterThan(20 * seconds);
  expect(report.most[0]).toBeLessThanOrEqual(200);
  expect(report.most[1]).toBeLessThanOrEqual(10);
}

describeUnless(etcdMissing(), "register, set and append from four processes are linearizable on etcd", () => {
  test("while connections are cut and members killed", { timeout: patience }, async () => {
    await using etcd = await startEtcd({ members: 3 });
    await using embattled = await embattledEtcd(etcd, capabilitiesOf(etcdVersion() ?? ""));
    await holds(embattled);
  });
});

describeUnless(postgresMissing(), "register, set and append from four processes are linearizable on Postgres", () => {
  test("while connections are cut and the server crashes", { timeout: patience }, async () => {
    await using postgres = await startPostgres();
    await using embattled = await embattledPostgres(postgres);
    await holds(embattled);
  });
});

describeUnless(
  unasked ?? sqliteMissing,
  "register, set and append from four processes are linearizable on SQLite",
  () => {
    test("while processes are killed", { timeout: patience }, async () => {
      const folder = await mkdtemp(join(tmpdir(), "keelson-linear-"));
      try {
        await holds({ url: `sqlite:${join(folder, "store.db")}`, nemesis: killWriters });
      } finally {
        await rm(folder, { recursive: true });
      }
    });
  },
);
