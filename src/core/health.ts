/** How a part is: `pass` works, `warn` works but needs a look, `fail` does not work. */
export type HealthStatus = "pass" | "warn" | "fail";

/** What a part says of its own health. */
export interface Health {
  /** The verdict. */
  readonly status: HealthStatus;
  /** One sentence for a person, when there is something to say. */
  readonly message?: string;
  /** Figures behind the verdict, by name; never secrets. */
  readonly details?: Readonly<Record<string, string | number | boolean>>;
}
