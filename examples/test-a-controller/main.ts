/**
 * A controller that cleans up after its objects, in the wrong order: it works in every test that nothing goes wrong in.
 * The checker finds the crash that leaves something behind, and that the declared finalizer has no such gap.
 */
import { type Controller, defineController } from "keelson/controllers";
import { isKeelsonError } from "keelson/core";
import { type ResourceClient, defineKind } from "keelson/resources";
import { type ReconcilerScenario, checkReconciler } from "keelson/testing";

const Site = defineKind<{ host: string }>()("Site");
/** Stands for something outside of the store: it belongs to nobody, so nobody else tidies it up. */
const DnsRecord = defineKind<{ host: string }>()("DnsRecord");
const finalizer = "example.dev/dns";

async function publish(name: string, host: string, client: ResourceClient): Promise<void> {
  try {
    await client.create(DnsRecord, { metadata: { name }, spec: { host } });
  } catch (error) {
    if (!isKeelsonError(error, "RESOURCE_ALREADY_EXISTS")) throw error;
  }
}

async function withdraw(name: string, client: ResourceClient): Promise<void> {
  const record = await client.get(DnsRecord, name);
  if (record !== undefined) await client.delete(record);
}

/** Looks after its finalizer by itself, and lets go of the object one step too early. */
const careless = (): Controller =>
  defineController({
    for: Site,
    async reconcile(site, { client }) {
      const { name, deletionTimestamp, finalizers } = site.metadata;
      if (deletionTimestamp === undefined) {
        await client.update(site, ({ metadata }) => void (metadata.finalizers = [finalizer]));
        await publish(name, site.spec.host, client);
      } else if (finalizers.includes(finalizer)) {
        await client.update(site, ({ metadata }) => void (metadata.finalizers = []));
        await withdraw(name, client);
      }
    },
  });

const careful = (): Controller =>
  defineController({
    for: Site,
    reconcile: ({ metadata, spec }, { client }) => publish(metadata.name, spec.host, client),
    finalize: { name: finalizer, cleanup: ({ metadata }, { client }) => withdraw(metadata.name, client) },
  });

const scenario: ReconcilerScenario = {
  kinds: [Site, DnsRecord],
  async run(t) {
    const site = await t.client.create(Site, { metadata: { name: "shop" }, spec: { host: "shop.example" } });
    await t.advance("1m");
    await t.client.delete(site);
  },
};

for (const [name, make] of Object.entries({ careless, careful })) {
  try {
    const { runs, faults } = await checkReconciler(() => [make()], scenario, { seeds: 24 });
    console.log(`${name}: the same end in all of ${String(runs)} runs`, faults);
  } catch (error) {
    console.log(`${name}: ${String(error)}`);
  }
}
