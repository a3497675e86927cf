import type { Amount, DeploymentStrategy } from "./kinds/deployment.js";

/** How far a roll-out may go beyond and below the wanted number of instances. */
export interface RolloutBounds {
  /** Instances that may exist beyond the wanted number. */
  readonly surge: number;
  /** Instances that may be missing from it. */
  readonly unavailable: number;
}

/** One version of a Deployment, in numbers. */
export interface VersionCounts {
  /** Instances its Workload asks for. */
  readonly wanted: number;
  /** Instances that count as available. */
  readonly available: number;
}

/** What a roll-out does next: one direction at a time, so that no step depends on another's being seen. */
export type RolloutStep =
  | { readonly kind: "scale-new"; readonly replicas: number }
  | { readonly kind: "scale-old"; readonly replicas: readonly number[] }
  | { readonly kind: "nothing" };

/**
 * Resolves a strategy's shares: surge rounds up, unavailable rounds down, and if both come to 0 one may be unavailable.
 *
 * @remarks Kubernetes' rule (`deployment/util`, `ResolveFenceposts`).
 *
 * @example
 * ```ts
 * import { rolloutBounds } from "keelson/reconcilers";
 *
 * rolloutBounds({ type: "RollingUpdate" }, 10) // => { surge: 3, unavailable: 2 }
 * rolloutBounds({ type: "RollingUpdate", maxSurge: 0, maxUnavailable: "5%" }, 10) // => { surge: 0, unavailable: 1 }
 * ```
 */
export function rolloutBounds(strategy: DeploymentStrategy, replicas: number): RolloutBounds {
  if (strategy.type === "Recreate") return { surge: 0, unavailable: replicas };
  const surge = resolve(strategy.maxSurge ?? "25%", replicas, Math.ceil);
  const unavailable = resolve(strategy.maxUnavailable ?? "25%", replicas, Math.floor);
  return surge === 0 && unavailable === 0 ? { surge, unavailable: 1 } : { surge, unavailable };
}

function resolve(amount: Amount, of: number, round: (value: number) => number): number {
  if (typeof amount === "number") return amount;
  return round((Number.parseFloat(amount) * of) / 100); // in this order, or 29 % of 100 is 28.999…
}

/**
 * The next step of a rolling update: up if there is room for more, else down as far as availability allows, unhealthy
 * instances of old versions first, oldest version first.
 *
 * @remarks
 * `old` is ordered from the oldest version to the newest. At every instant the total stays within `replicas + surge`,
 * and what is available at or above `replicas − unavailable`, provided it was there before.
 *
 * @example
 * ```ts
 * import { rolloutStep } from "keelson/reconcilers";
 *
 * const bounds = { surge: 1, unavailable: 0 };
 * const old = [{ wanted: 3, available: 3 }];
 * rolloutStep(3, bounds, { wanted: 0, available: 0 }, old) // => { kind: "scale-new", replicas: 1 }
 * rolloutStep(3, bounds, { wanted: 1, available: 1 }, old) // => { kind: "scale-old", replicas: [2] }
 * ```
 */
export function rolloutStep(
  replicas: number,
  { surge, unavailable }: RolloutBounds,
  next: VersionCounts,
  old: readonly VersionCounts[],
): RolloutStep {
  const total = next.wanted + sum(old, ({ wanted }) => wanted);
  if (next.wanted > replicas) return { kind: "scale-new", replicas };
  const room = Math.min(replicas + surge - total, replicas - next.wanted);
  if (room > 0) return { kind: "scale-new", replicas: next.wanted + room };
  const minimum = Math.max(0, replicas - unavailable);
  const budget = total - minimum - (next.wanted - Math.min(next.available, next.wanted));
  return scaleDown(Math.max(0, budget), minimum, next, old);
}

function scaleDown(budget: number, minimum: number, next: VersionCounts, old: readonly VersionCounts[]): RolloutStep {
  let left = budget;
  const replicas = old.map(({ wanted, available }) => {
    const unhealthy = Math.min(Math.max(0, wanted - available), left);
    left -= unhealthy;
    return wanted - unhealthy;
  });
  const available = next.available + sum(old, (version) => Math.min(version.available, version.wanted));
  let spare = Math.min(left, Math.max(0, available - minimum));
  const scaled = replicas.map((count) => {
    const healthy = Math.min(count, spare);
    spare -= healthy;
    return count - healthy;
  });
  const changed = scaled.some((count, index) => count !== old[index]?.wanted);
  return changed ? { kind: "scale-old", replicas: scaled } : { kind: "nothing" };
}

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}
