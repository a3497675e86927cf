import { afterAll, beforeAll, test } from "vitest";
import { etcdStore } from "keelson/store/etcd";
import { storeConformance } from "keelson/testing";
import { type EtcdCluster, etcdMissing, etcdVersion, startEtcd } from "../support/servers.js";
import { describeUnless } from "../support/when.js";
import { capabilitiesOf } from "../../src/store/drivers/etcd/server-version.js";

const patience = 120_000;

const version = etcdVersion() ?? "";
const capabilities = capabilitiesOf(version);

for (const members of [1, 3] as const) {
  describeUnless(etcdMissing(), `an etcd of ${members}`, () => {
    let etcd: EtcdCluster;
    beforeAll(async () => {
      etcd = await startEtcd({ members });
    }, patience);
    afterAll(() => etcd.stop());

    storeConformance({
      test: (name, body) => {
        test(name, { timeout: patience }, body);
      },
      open: () => etcdStore({ url: etcd.url, compactEtcd: true }),
      capabilities,
    });

    for (const [feature, isKept] of Object.entries(capabilities)) {
      if (isKept === false) test.skip(`cases of ${feature} (etcd ${version} does not keep it)`, () => undefined);
    }
  });
}
