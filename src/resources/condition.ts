/** One aspect of an object that holds, does not, or is not known. */
export interface Condition {
  /** Which aspect, such as `"Ready"`. */
  readonly type: string;
  /** Whether it holds. */
  readonly status: "True" | "False" | "Unknown";
  /** Why, as one CamelCase word for programs. */
  readonly reason: string;
  /** Why, as a sentence for people. */
  readonly message: string;
  /** The generation it was computed from. */
  readonly observedGeneration?: number;
  /** When `status` last changed: ISO 8601, UTC. */
  readonly lastTransitionTime: string;
}
