import { checkInteger, checkKnown } from "../core/check.js";
import { ControllerHarness } from "./controller-harness.js";
import type { Harness, HarnessOptions } from "./harness.js";
import { virtualTime } from "./virtual-time.js";

/**
 * Puts controllers to work on a store in memory, in virtual time: back-off, delays and requeues take no time at all, and
 * the same seed gives the same run.
 *
 * @remarks
 * Each controller runs in a manager of its own, so that it can crash alone. Until the harness is disposed its runtime is
 * the ambient one; worlds do not nest.
 * @throws RangeError, TypeError for options out of range, or two controllers of one name.
 *
 * @example
 * ```ts
 * import { defineController, owns } from "keelson/controllers";
 * import { defineKind } from "keelson/resources";
 * import { createHarness } from "keelson/testing";
 *
 * const Team = defineKind<{ seats: number }>()("Team");
 * const Seat = defineKind<{ team: string }>()("Seat");
 * const teams = defineController({
 *   for: Team,
 *   triggers: [owns(Seat)],
 *   async reconcile(team, { client, owned }) {
 *     const { name } = team.metadata;
 *     for (let seat = owned(Seat).length; seat < team.spec.seats; seat += 1) {
 *       await client.create(Seat, { metadata: { name: `${name}-${seat}` }, spec: { team: name } }, { owner: team });
 *     }
 *   },
 * });
 *
 * await using t = await createHarness({ controllers: [teams] });
 * t.faults.delayWatch("team", "5s");
 * t.faults.crashAfterWrite("team", 2);
 * await t.client.create(Team, { metadata: { name: "red" }, spec: { seats: 3 } });
 * await t.advance("1m");
 * (await t.client.list(Seat)).items.map(({ metadata }) => metadata.name) // => ["red-0", "red-1", "red-2"]
 * ```
 */
export async function createHarness(options: HarnessOptions): Promise<Harness> {
  return startHarness(options);
}

/** The same, with what only the checker asks. */
export async function startHarness(options: HarnessOptions): Promise<ControllerHarness> {
  const { controllers, kinds = [], collectsGarbage = true, seed = 1, maxReconcilesPerInstant = 100 } = options;
  checkKnown("options", options, { controllers, kinds, collectsGarbage, seed, maxReconcilesPerInstant });
  checkInteger("maxReconcilesPerInstant", maxReconcilesPerInstant, 1);
  const make = typeof controllers === "function" ? controllers : () => controllers;
  const time = virtualTime({ seed });
  try {
    const harness = new ControllerHarness(time, make, { kinds, collectsGarbage, maxReconcilesPerInstant });
    await harness.settle();
    return harness;
  } catch (error) {
    time[Symbol.dispose]();
    throw error;
  }
}
