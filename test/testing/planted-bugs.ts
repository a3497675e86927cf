import { type Controller, defineController, owns } from "keelson/controllers";
import { currentRuntime, isKeelsonError } from "keelson/core";
import { type Kind, type ResourceClient, defineKind, ownerOf } from "keelson/resources";
import type { ReconcilerScenario } from "keelson/testing";

/** A site wants pages, which it owns, and a DNS record, which it must take along when it goes. */
const Site: Kind<{ pages: number }, { pages: number; checks?: number }> = defineKind<
  { pages: number },
  { pages: number; checks?: number }
>()("Site");
const Page: Kind<{ site: string }> = defineKind<{ site: string }>()("Page");
const DnsRecord: Kind<{ site: string }> = defineKind<{ site: string }>()("DnsRecord");

/** What may be wrong with {@link sites}. */
export type Bug =
  | "acts on a stale cache"
  | "forgets its owner's uid"
  | "writes the status every time"
  | "removes the finalizer before cleanup";

const finalizer = "example.dev/dns";

/** A reconciler without a bug, or with one; `others` is a client whose writes its runs do not wait for. */
export function sites(bug?: Bug, others?: () => ResourceClient): readonly Controller[] {
  const made = new Map<string, number>();
  const release = async (name: string, client: ResourceClient): Promise<void> => {
    const record = await client.get(DnsRecord, name);
    if (record !== undefined) await client.delete(record);
  };
  return [
    defineController({
      for: Site,
      triggers: [owns(Page)],
      async reconcile(site, { client, owned, now }) {
        const { name, deletionTimestamp, finalizers } = site.metadata;
        if (deletionTimestamp !== undefined) {
          if (bug !== "removes the finalizer before cleanup" || !finalizers.includes(finalizer)) return;
          await client.update(site, ({ metadata }) => void (metadata.finalizers = []));
          await release(name, client);
          return;
        }
        if (bug === "removes the finalizer before cleanup" && !finalizers.includes(finalizer)) {
          await client.update(site, ({ metadata }) => void (metadata.finalizers = [finalizer]));
        }
        await ensureRecord(name, client);
        const pages = owned(Page);
        const known = bug === "forgets its owner's uid" ? (made.get(name) ?? pages.length) : pages.length;
        const writer = bug === "acts on a stale cache" ? (others?.() ?? client) : client;
        for (let page = known; page < site.spec.pages; page += 1) {
          const metadata = { name: currentRuntime().id("page").replace("_", "-") };
          await writer.create(Page, { metadata, spec: { site: name } }, { owner: site });
        }
        for (const page of pages.slice(site.spec.pages)) await client.delete(page);
        made.set(name, site.spec.pages);
        const checks = bug === "writes the status every time" ? { checks: now() } : {};
        await client.patchStatus(site, { pages: site.spec.pages, ...checks });
      },
      finalize:
        bug === "removes the finalizer before cleanup"
          ? undefined
          : { name: finalizer, cleanup: ({ metadata }, { client }) => release(metadata.name, client) },
    }),
  ];
}

async function ensureRecord(name: string, client: ResourceClient): Promise<void> {
  try {
    await client.create(DnsRecord, { metadata: { name }, spec: { site: name } });
  } catch (error) {
    if (!isKeelsonError(error, "RESOURCE_ALREADY_EXISTS")) throw error;
  }
}

/** Sites come, grow, shrink and go, at moments that chance decides; none ever has more pages than it wanted at most. */
export const scenario: ReconcilerScenario = {
  kinds: [Site, Page, DnsRecord],
  async run(t, random) {
    const most = new Map<string, number>();
    const want = (name: string, pages: number): number => {
      most.set(name, Math.max(most.get(name) ?? 0, pages));
      return pages;
    };
    const count = (): number => Math.floor(random() * 4);
    const pause = (): Promise<void> => t.advance(Math.floor(random() * 20_000));
    t.observe(Page, (pages) => {
      for (const uid of new Set(pages.map((page) => ownerOf(page)?.uid))) {
        const own = pages.filter((page) => ownerOf(page)?.uid === uid);
        const [{ spec: { site } } = { spec: { site: "" } }] = own;
        if (own.length > (most.get(site) ?? 0)) throw new Error(`${site} has ${own.length} pages`);
      }
    });
    const make = (name: string) =>
      t.client.create(Site, { metadata: { name }, spec: { pages: want(name, 1 + count()) } });
    const [a, b] = [await make("a"), await make("b")];
    await pause();
    await t.client.update(a, ({ spec }) => void (spec.pages = want("a", count())));
    await pause();
    await t.client.delete(b);
    await pause();
    await t.client.update(a, ({ spec }) => void (spec.pages = want("a", 1 + count())));
  },
  async reached(t) {
    const { items } = await t.client.list(Site);
    const pages = await t.client.list(Page);
    const wanted = items.reduce((sum, { spec }) => sum + spec.pages, 0);
    if (pages.items.length !== wanted) throw new Error(`expected ${wanted} pages, got ${pages.items.length}`);
    const records = (await t.client.list(DnsRecord)).items.map(({ metadata }) => metadata.name).join();
    if (records !== "a") throw new Error(`expected the record of a, got ${records}`);
  },
};
