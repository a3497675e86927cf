import { checkName } from "../core/check.js";

/** Where requests of type `Q` are served with answers of type `A`: a name, with types. */
export interface Endpoint<Q, A> {
  /** What it is called, the same on both sides. */
  readonly name: string;
  /** Carries the types; never there. */
  readonly "~types"?: { readonly request: Q; readonly answer: A };
}

/** Where datagrams of type `M` arrive: a name, with a type. */
export interface Port<M> {
  /** What it is called, the same on both sides. */
  readonly name: string;
  /** Carries the type; never there. */
  readonly "~types"?: { readonly message: M };
}

/**
 * Names an endpoint for requests; share the constant between server and client.
 *
 * @example
 * ```ts
 * import { endpoint, simulate } from "keelson/simulation";
 *
 * const double = endpoint<number, number>("double");
 * await simulate({ seed: 1 }, async (sim) => {
 *   sim.host("api", ({ net }) => { net.serve(double, (n) => 2 * n); });
 *   const answer = await sim.net.request("api", double, 21, { timeout: "1s" });
 *   answer // => 42
 * });
 * ```
 */
export function endpoint<Q, A>(name: string): Endpoint<Q, A> {
  checkName("name", name);
  return { name };
}

/**
 * Names a port for datagrams; share the constant between the hosts that use it.
 *
 * @example
 * ```ts
 * import { port, simulate } from "keelson/simulation";
 *
 * const hello = port<string>("hello");
 * await simulate({ seed: 1 }, async (sim) => {
 *   using socket = sim.net.socket(hello);
 *   sim.host("b", ({ net }) => { net.socket(hello).send("test", "hi"); });
 *   const received = await socket.messages.recv();
 *   received // => { ok: true, value: { from: "b", message: "hi" } }
 * });
 * ```
 */
export function port<M>(name: string): Port<M> {
  checkName("name", name);
  return { name };
}
