import { fc, test } from "@fast-check/vitest";
import { describe, expect } from "vitest";
import { type RolloutBounds, type VersionCounts, rolloutBounds, rolloutStep } from "keelson/reconcilers";
import { runs } from "../support/deep.js";

/** A version's instances: how many are asked for, and how many of them work. */
interface Version {
  wanted: number;
  available: number;
}

const bounds = fc
  .record({ surge: fc.nat(6), unavailable: fc.nat(6) })
  .map(({ surge, unavailable }) =>
    surge === 0 && unavailable === 0 ? { surge, unavailable: 1 } : { surge, unavailable },
  );
const share = fc.oneof(
  fc.nat(20),
  fc.nat(100).map((percent): `${number}%` => `${percent}%`),
);

function total(versions: readonly VersionCounts[], of: keyof VersionCounts): number {
  return versions.reduce((sum, version) => sum + version[of], 0);
}

/** Carries out a step; deletions take what does not work first, and new instances do not work yet. */
function carryOut(replicas: number, limits: RolloutBounds, next: Version, old: readonly Version[]): boolean {
  const step = rolloutStep(replicas, limits, next, old);
  if (step.kind === "nothing") return false;
  const targets =
    step.kind === "scale-new"
      ? [[next, step.replicas] as const]
      : old.map((version, index) => [version, step.replicas[index] ?? 0] as const);
  for (const [version, wanted] of targets) {
    version.wanted = wanted;
    version.available = Math.min(version.available, wanted);
  }
  return true;
}

describe("rolloutStep", () => {
  test.prop(
    [
      fc.integer({ min: 1, max: 30 }),
      bounds,
      fc.array(fc.nat(100), { minLength: 1, maxLength: 3 }),
      fc.infiniteStream(fc.nat(100)),
    ],
    { numRuns: runs(2_000) },
  )(
    "R2.2 R2.3 R2.9 keeps within the bounds at every instant and ends with the new version alone",
    (replicas, limits, weights, chance) => {
      const old = weights.map((): Version => ({ wanted: 0, available: 0 }));
      for (let placed = 0; placed < replicas; placed += 1) {
        const version = old[(weights[placed % weights.length] ?? 0) % old.length];
        if (version !== undefined)
          Object.assign(version, { wanted: version.wanted + 1, available: version.available + 1 });
      }
      const next: Version = { wanted: 0, available: 0 };
      const all = [...old, next];
      let idle = 0;
      for (let step = 0; idle < 2; step += 1) {
        expect(step, "it does not end").toBeLessThan(10 * (replicas + 2));
        const moved = carryOut(replicas, limits, next, old);
        expect(total(all, "wanted")).toBeLessThanOrEqual(replicas + limits.surge);
        expect(total(all, "available")).toBeGreaterThanOrEqual(replicas - limits.unavailable);
        const waiting = next.wanted - next.available;
        const [drawn = 0] = [...chance.take(1)];
        // Some come up, at least one when nothing else moves: those that never come up keep a roll-out where it is.
        next.available += moved
          ? Math.floor((waiting * drawn) / 101)
          : Math.max(Math.min(1, waiting), Math.floor((waiting * drawn) / 101));
        idle = moved || waiting > 0 ? 0 : idle + 1;
      }
      expect(next).toEqual({ wanted: replicas, available: replicas });
      expect(total(old, "wanted")).toBe(0);
    },
  );

  test.prop(
    [
      fc.nat(20),
      bounds,
      fc.record({ wanted: fc.nat(25), available: fc.nat(25) }),
      fc.array(fc.record({ wanted: fc.nat(15), available: fc.nat(15) }), { maxLength: 4 }),
    ],
    { numRuns: runs(3_000) },
  )("R2.4 moves in one direction, and never the wrong one, whatever it is told", (replicas, limits, next, old) => {
    const step = rolloutStep(replicas, limits, next, old);
    if (step.kind === "scale-new" && next.wanted <= replicas) {
      expect(step.replicas).toBeGreaterThan(next.wanted);
      expect(step.replicas).toBeLessThanOrEqual(replicas);
      expect(step.replicas + total(old, "wanted")).toBeLessThanOrEqual(replicas + limits.surge);
    }
    if (step.kind === "scale-new" && next.wanted > replicas) expect(step.replicas).toBe(replicas);
    if (step.kind === "scale-old") {
      expect(step.replicas).toHaveLength(old.length);
      step.replicas.forEach((count, index) => {
        expect(count).toBeGreaterThanOrEqual(0);
        expect(count).toBeLessThanOrEqual(old[index]?.wanted ?? 0);
      });
    }
  });
});

describe("rolloutBounds", () => {
  test.prop([share, share, fc.nat(1_000)], { numRuns: runs(2_000) })(
    "R2.1 rounds surge up and unavailable down, and always leaves something to move",
    (maxSurge, maxUnavailable, replicas) => {
      const { surge, unavailable } = rolloutBounds({ type: "RollingUpdate", maxSurge, maxUnavailable }, replicas);
      const exact = (amount: typeof maxSurge): number =>
        typeof amount === "number" ? amount : (Number.parseFloat(amount) * replicas) / 100;
      expect(surge + unavailable).toBeGreaterThan(0);
      expect(surge - exact(maxSurge)).toBeGreaterThan(-1e-9);
      expect(surge - exact(maxSurge)).toBeLessThan(1);
      if (surge === 0 && Math.floor(exact(maxUnavailable)) === 0) expect(unavailable).toBe(1);
      else expect(Math.abs(unavailable - Math.floor(exact(maxUnavailable) + 1e-9))).toBe(0);
    },
  );
});
