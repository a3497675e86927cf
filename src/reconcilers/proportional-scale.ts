/** A version that has instances while a roll-out is under way. */
export interface ScaledVersion {
  /** Instances it asks for. */
  readonly replicas: number;
  /** How many there could be of all versions together when it was last scaled. */
  readonly ofAll: number;
}

/**
 * Shares a change of the wanted number out among the versions of a roll-out, in proportion to what each has; what
 * rounding leaves over goes to the largest, of equals to the newest when there are to be more and to the oldest when
 * fewer.
 *
 * @remarks
 * `versions` is ordered from the oldest to the newest; `allowed` is how many there may be of all together now, the surge
 * included. Kubernetes' rule (`deployment_util.go`, `GetProportion`).
 *
 * @example
 * ```ts
 * import { scaleProportionally } from "keelson/reconcilers";
 *
 * // 8 old and 5 new of 13 are to become 26 together.
 * scaleProportionally([{ replicas: 8, ofAll: 13 }, { replicas: 5, ofAll: 13 }], 26) // => [16, 10]
 * ```
 */
export function scaleProportionally(versions: readonly ScaledVersion[], allowed: number): readonly number[] {
  const total = versions.reduce((sum, { replicas }) => sum + replicas, 0);
  const change = allowed - total;
  const sizes = versions.map(({ replicas }) => replicas);
  const order = versions
    .map((_, index) => index)
    .sort((a, b) => (sizes[b] ?? 0) - (sizes[a] ?? 0) || (change > 0 ? b - a : a - b));
  let left = change;
  for (const index of order) {
    const { replicas, ofAll } = versions[index] ?? { replicas: 0, ofAll: 0 };
    const share = Math.round((replicas * allowed) / Math.max(1, ofAll)) - replicas;
    const taken = change > 0 ? Math.min(Math.max(0, share), left) : Math.max(Math.min(0, share), left);
    sizes[index] = replicas + taken;
    left -= taken;
  }
  for (const index of order) {
    const size = Math.max(0, (sizes[index] ?? 0) + left);
    left -= size - (sizes[index] ?? 0);
    sizes[index] = size;
  }
  return sizes;
}
