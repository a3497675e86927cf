import { checkFunction, checkInteger, checkKnown } from "../core/check.js";
import { KeelsonError } from "../core/index.js";
import type { Controller } from "../controllers/index.js";
import { startHarness } from "./create-harness.js";
import type { ControllerHarness } from "./controller-harness.js";
import { CrashPoints, type CrashPointsReport } from "./crash-points.js";
import { danglingOwners, differences, finalState, kindsIn } from "./final-state.js";
import { ObjectNames } from "./object-names.js";
import { type Reference, faultOf, plan, recreate } from "./reconciler-faults.js";
import { type Failed, checkRest } from "./reconciler-rest.js";
import { type ReconcilerFault, type ReconcilerScenario, scenarioFields } from "./reconciler-scenario.js";
import { VirtualRuntime } from "./virtual-runtime.js";

/** How much {@link checkReconciler} tries. */
export interface ReconcilerCheckOptions {
  /** How many seeds, each with one run in which nothing goes wrong and one in which something does. @defaultValue `60` */
  readonly seeds?: number;
  /** The first of them. @defaultValue `1` */
  readonly firstSeed?: number;
}

/** What {@link checkReconciler} has tried. */
export interface ReconcilerReport {
  /** Runs of the scenario. */
  readonly runs: number;
  /** How many of them had which fault. */
  readonly faults: Readonly<Record<ReconcilerFault["kind"], number>>;
  /** How many of the controllers' writes a crash has followed. */
  readonly crashPoints: CrashPointsReport;
  /** Reconciles in all runs together. */
  readonly reconciles: number;
}

/**
 * A reconciler does not bring about the same end whatever goes wrong, or does not come to rest.
 *
 * @example
 * ```ts
 * import { ReconcilerCheckError } from "keelson/testing";
 *
 * const error = new ReconcilerCheckError(17, { kind: "none" }, "wrote 3 times though nothing had changed");
 * error.message // => 'seed 17, fault {"kind":"none"}: wrote 3 times though nothing had changed'
 * ```
 */
export class ReconcilerCheckError extends KeelsonError {
  override readonly name = "ReconcilerCheckError";
  readonly code = "RECONCILER_CHECK";
  /** Repeats it: pass it as `firstSeed`. */
  readonly seed: number;
  /** What went wrong in that run. */
  readonly fault: ReconcilerFault;

  constructor(seed: number, fault: ReconcilerFault, what: string, options?: ErrorOptions) {
    super(`seed ${String(seed)}, fault ${JSON.stringify(fault)}: ${what}`, options);
    this.seed = seed;
    this.fault = fault;
  }
}

/**
 * Checks that controllers bring about the same end whatever goes wrong on the way: a crash after any of their writes,
 * caches that are stale, states that they never see, objects that are deleted and created anew under their old names.
 * And that they come to rest: once all is done, not even a restart makes them write, and nothing fails, hangs, or asks to
 * run again without a pause.
 *
 * @remarks
 * *Eventually stable reconciliation* is the property of Anvil (Sun et al., OSDI 2024), the first three faults are the
 * classes of Sieve (Sun et al., OSDI 2022). Each seed plays the scenario twice, without and with a fault, and compares
 * the ends. Every second fault is a crash, after one write after the other, so that twice as many seeds as there are
 * writes try them all. Give the controllers as a function: only then does a crash lose what they keep in memory.
 * @throws ReconcilerCheckError, naming the seed and the fault; TypeError, RangeError.
 *
 * @example
 * ```ts
 * import { defineController, owns } from "keelson/controllers";
 * import { defineKind } from "keelson/resources";
 * import { checkReconciler } from "keelson/testing";
 *
 * const Team = defineKind<{ seats: number }>()("Team");
 * const Seat = defineKind<{ team: string }>()("Seat");
 * const teams = () =>
 *   defineController({
 *     for: Team,
 *     triggers: [owns(Seat)],
 *     async reconcile(team, { client, owned }) {
 *       const { name } = team.metadata;
 *       for (let seat = owned(Seat).length; seat < team.spec.seats; seat += 1) {
 *         await client.create(Seat, { metadata: { name: `${name}-${seat}` }, spec: { team: name } }, { owner: team });
 *       }
 *     },
 *   });
 *
 * const report = await checkReconciler(() => [teams()], {
 *   async run(t) {
 *     await t.client.create(Team, { metadata: { name: "red" }, spec: { seats: 3 } });
 *   },
 * }, { seeds: 8 });
 * report.runs // => 16
 * ```
 */
export async function checkReconciler(
  controllers: () => readonly Controller[],
  scenario: ReconcilerScenario,
  options: ReconcilerCheckOptions = {},
): Promise<ReconcilerReport> {
  checkFunction("controllers", controllers);
  checkKnown("options", options, { seeds: true, firstSeed: true });
  checkKnown("scenario", scenario, scenarioFields);
  const { seeds = 60, firstSeed = 1 } = options;
  checkInteger("seeds", seeds, 1);
  checkInteger("firstSeed", firstSeed, 0);
  const faults = { none: 0, crash: 0, stale: 0, unobserved: 0, recreate: 0 };
  const crashPoints = new CrashPoints();
  let reconciles = 0;
  for (let seed = firstSeed; seed < firstSeed + seeds; seed += 1) {
    const reference = await play(controllers, scenario, seed, { kind: "none" });
    const fault = faultOf(seed, reference, randomOf(seed));
    const run = await play(controllers, scenario, seed, fault);
    const found = differences(reference.end, run.end);
    if (found.length > 0) {
      const what = "the end is another than without it (-: without the fault, +: with it):";
      throw new ReconcilerCheckError(seed, fault, [what, ...found].join("\n"));
    }
    crashPoints.add(reference.writes, fault);
    faults.none += 1;
    faults[fault.kind] += 1;
    reconciles += reference.reconciles + run.reconciles;
  }
  return { runs: 2 * seeds, faults, crashPoints: crashPoints.report(), reconciles };
}

/** What one run came to. */
interface Played extends Reference {
  readonly end: readonly string[];
  readonly reconciles: number;
}

async function play(
  controllers: () => readonly Controller[],
  scenario: ReconcilerScenario,
  seed: number,
  fault: ReconcilerFault,
): Promise<Played> {
  const failed = (what: string, options?: ErrorOptions): ReconcilerCheckError =>
    new ReconcilerCheckError(seed, fault, what, options);
  await using t = await startHarness({ controllers, kinds: scenario.kinds ?? [], seed });
  try {
    return await playedOn(t, controllers(), scenario, fault, randomOf(seed), failed);
  } catch (error) {
    throw error instanceof ReconcilerCheckError ? error : failed(String(error), { cause: error });
  }
}

async function playedOn(
  t: ControllerHarness,
  controllers: readonly Controller[],
  scenario: ReconcilerScenario,
  fault: ReconcilerFault,
  random: () => number,
  failed: Failed,
): Promise<Played> {
  const { settleWithin = "10m" } = scenario;
  const own = [...new Set(controllers.flatMap((controller) => controller.kinds))];
  const { kinds = own } = scenario;
  const known = [...new Set([...own, ...kinds])];
  const names = new ObjectNames(t, known);
  const counts = () => controllers.map(({ name }) => [name, t.writes(name)] as const);
  plan(t, fault);
  await scenario.run(t, random);
  await t.advance(settleWithin);
  const writes = counts();
  const { revision } = await t.store.get("/");
  t.faults.clear();
  if (fault.kind === "recreate") {
    const recreates = scenario.recreates ?? controllers.map((controller) => controller.options.for);
    await recreate(t, [...new Set(recreates)], controllers, fault.unseen);
    await t.advance(settleWithin);
  }
  if (scenario.kinds === undefined) {
    const missed = (await kindsIn(t.store)).filter((found) => !kinds.some(({ name }) => name === found));
    if (missed.length > 0) throw failed(notCompared(missed));
  }
  await scenario.reached?.(t);
  const dangling = await danglingOwners(t.client, kinds);
  if (dangling.length > 0) throw failed(dangling.join("; "));
  const end = await finalState(t.client, { known, kinds, names, view: scenario.view?.bind(scenario) });
  await checkRest(t, controllers, settleWithin, failed);
  return { writes, revision, end, reconciles: t.reconciles.length };
}

function notCompared(missed: readonly string[]): string {
  const names = missed.join(", ");
  return `expected \`kinds\` of the scenario, as no controller names ${names}, whose objects would not be compared`;
}

/** A generator of its own, so that what is drawn elsewhere changes nothing. */
function randomOf(seed: number): () => number {
  const runtime = new VirtualRuntime(seed);
  return () => runtime.random();
}
