import { shown } from "../core/check.js";
import type { SchemaIssue, StandardSchema } from "./standard-schema.js";

/** Whether an object must have a field of a schema: always, never, or not when it is given as there is a default. */
export type Presence = "required" | "optional" | "defaulted";

/** Checks and completes a value; fits wherever a {@link StandardSchema} does. */
export interface Schema<Output, Input = Output, P extends Presence = "required"> extends StandardSchema<Input, Output> {
  /** What it takes, such as `"an integer of at least 0"`. */
  readonly expected: string;
  /** Whether an object must have a field of it. */
  readonly presence: P;
  /** Reads a part of a larger value: what is stored of it, or `INVALID` with its issues reported. */
  readonly "~read": (value: unknown, report: Report) => Output | typeof INVALID;
}

/** A schema of whatever type and presence. */
export type AnySchema = Schema<unknown, unknown, Presence>;

/** The type of what a schema lets through: `type Spec = s.Infer<typeof schema>`. */
export type Infer<S extends StandardSchema> = NonNullable<S["~standard"]["types"]>["output"];

/** The type of what a schema may be given, before defaults. */
export type InferInput<S extends StandardSchema> = NonNullable<S["~standard"]["types"]>["input"];

/** What reading answers for a value that is not valid. */
export const INVALID: unique symbol = Symbol("keelson.invalid");

/** Gathers what is wrong with a value, and where. */
export class Report {
  /** Everything that is wrong so far. */
  readonly issues: SchemaIssue[] = [];
  readonly #path: PropertyKey[] = [];

  /** Reads a part of the value that is being read. */
  at<T>(step: PropertyKey, read: (report: Report) => T): T {
    this.#path.push(step);
    const result = read(this);
    this.#path.pop();
    return result;
  }

  /** Says what was expected and what came. */
  refuse(expected: string, value: unknown): typeof INVALID {
    return this.add(`expected ${expected}, got ${value === undefined ? "nothing" : shown(value)}`);
  }

  /** Takes over what another report of this part of the value says. */
  adopt(other: Report): typeof INVALID {
    for (const { message, path = [] } of other.issues) {
      this.issues.push({ message, path: [...this.#path, ...path] });
    }
    return INVALID;
  }

  /** Says what is wrong. */
  add(message: string): typeof INVALID {
    this.issues.push({ message, path: [...this.#path] });
    return INVALID;
  }
}

/** Makes a schema of how it reads. */
export function makeSchema<Output, Input, P extends Presence>(
  expected: string,
  presence: P,
  read: (value: unknown, report: Report) => Output | typeof INVALID,
): Schema<Output, Input, P> {
  return {
    expected,
    presence,
    "~read": read,
    "~standard": {
      version: 1,
      vendor: "keelson",
      validate: (given) => {
        const report = new Report();
        const value = read(given, report);
        return value === INVALID ? { issues: report.issues } : { value };
      },
    },
  };
}
