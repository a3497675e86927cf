import { checkKnown } from "../core/check.js";
import { type MemoryStoreOptions, memoryStore } from "../store/drivers/memory/index.js";
import { addHost } from "./add-host.js";
import type { Endpoint } from "./endpoint.js";
import { NetworkError } from "./errors.js";
import type { Host, HostMain, HostOptions } from "./host.js";
import type { Network } from "./network.js";
import { serveStore } from "./serve-store.js";
import { storeEndpoints } from "./store-endpoints.js";
import type { World } from "./world.js";

/** How a store's host is set up. */
export interface StoreHostOptions extends HostOptions {
  /** How much history the store keeps. */
  readonly retention?: MemoryStoreOptions["retention"];
}

/**
 * A host that serves a durable store: two hosts on one machine, of which the second is the disk and can not be struck.
 * The first, which bears the name, takes the requests and is killed, paused and cut off like any other.
 */
export function addStoreHost(world: World, network: Network, name: string, options: StoreHostOptions): Host {
  checkKnown("options", options, { clock: true, disk: true, retention: true });
  const { retention = {}, ...hostOptions } = options;
  const behind = `${name} (durable)`;
  network.wire(name, behind);
  const serve: HostMain = ({ net }) => void serveStore(net, memoryStore({ retention }));
  addHost(world, network, behind, serve, { clock: options.clock ?? {} }).machine = name;
  const relay: HostMain = ({ net }) => {
    for (const endpoint of Object.values(storeEndpoints) as Endpoint<unknown, unknown>[]) {
      net.serve(endpoint, async (request, { signal }) => {
        try {
          return await net.request(behind, endpoint, request, { signal });
        } catch (error) {
          throw error instanceof NetworkError ? error.cause : error;
        }
      });
    }
  };
  return addHost(world, network, name, relay, hostOptions);
}
