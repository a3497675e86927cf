import { checkOneOf } from "../core/check.js";

/**
 * How a delay `t` is spread, after "Exponential Backoff And Jitter" (AWS Architecture Blog, 2015):
 * `"none"` is `t`; `"full"` is uniform in [0, t); `"equal"` is uniform in [t/2, t); `"decorrelated"` is
 * `min(cap, uniform in [base, 3 × the previous delay))`, whatever `t` is.
 */
export type Jitter = "none" | "full" | "equal" | "decorrelated";

/** Refuses what is no {@link Jitter}. */
export function checkJitter(jitter: Jitter): void {
  checkOneOf("jitter", jitter, ["none", "full", "equal", "decorrelated"]);
}

/** Spreads one delay. */
export function jittered(
  jitter: Jitter,
  { delay, base, cap }: { readonly delay: number; readonly base: number; readonly cap: number },
  step: { readonly previous: number; random(): number },
): number {
  switch (jitter) {
    case "none":
      return delay;
    case "full":
      return step.random() * delay;
    case "equal":
      return delay / 2 + (step.random() * delay) / 2;
    case "decorrelated": {
      const high = Math.max(base, 3 * Math.max(base, step.previous));
      return Math.min(cap, base + step.random() * (high - base));
    }
  }
}
