import { Host, type HostMain, type HostOptions } from "./host.js";
import type { Network } from "./network.js";
import type { World } from "./world.js";

/** Adds a host to a world and starts it. */
export function addHost(world: World, network: Network, name: string, main: HostMain, options: HostOptions): Host {
  if (world.hosts.has(name)) throw new TypeError(`Expected no host "${name}" to be there already`);
  const host = new Host(world, network, name, main, options);
  world.hosts.set(name, host);
  return host;
}
