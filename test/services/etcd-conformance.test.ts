import { afterAll, beforeAll, test } from "vitest";
import { etcdStore } from "keelson/store/etcd";
import { faultProxy, storeConformance } from "keelson/testing";
import { type EtcdCluster, etcdMissing, etcdVersion, startEtcd } from "../support/servers.js";
import { describeUnless } from "../support/when.js";
import { capabilitiesOf } from "../../src/store/drivers/etcd/server-version.js";

const capabilities = capabilitiesOf(etcdVersion() ?? "");

for (const members of [1, 3] as const) {
  describeUnless(etcdMissing(), `an etcd of ${members}`, () => {
    let etcd: EtcdCluster;
    beforeAll(async () => {
      etcd = await startEtcd({ members });
    });
    afterAll(() => etcd.stop());

    storeConformance({
      test: (name, body) => {
        test(name, body);
      },
      open: () => etcdStore({ url: etcd.url, compactEtcd: true, timeout: "30s" }),
      openBehindProxy: async () => {
        const proxy = await faultProxy({ target: etcd.endpoints[0] ?? "" });
        return { store: await etcdStore({ url: `etcd://${proxy.host}:${proxy.port}`, timeout: "5s" }), proxy };
      },
      capabilities,
    });
  });
}
