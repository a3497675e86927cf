import { shown } from "../core/check.js";
import { labelValueComplaint, qualifiedNameComplaint } from "./names.js";

/** One thing a {@link LabelSelector} asks for; `notIn` holds for objects without the label, too. */
export type LabelRequirement =
  | { readonly key: string; readonly operator: "in" | "notIn"; readonly values: readonly string[] }
  | { readonly key: string; readonly operator: "exists" | "absent" };

/** Says of labels whether they are meant. */
export interface LabelSelector {
  /** All of which must hold; none means every object. */
  readonly requirements: readonly LabelRequirement[];
  /** Whether labels are meant. */
  matches(labels: Readonly<Record<string, string>>): boolean;
  /** The selector as a string, in its plainest form. */
  toString(): string;
}

const term =
  /^(?:(?<absent>!)\s*)?(?<key>[^\s!=,()]+)(?:\s*(?<equality>==?|!=)\s*(?<value>[^\s!=,()]*)|\s+(?<set>in|notin)\s*\((?<values>[^()]*)\))?$/;

/**
 * Reads a label selector in Kubernetes' notation: terms with commas between them, all of which must hold.
 *
 * @remarks
 * `a=b` (or `==`), `a!=b`, `a in (b,c)`, `a notin (b,c)`, `a` (has the label), `!a` (has it not). An object without the
 * label satisfies `!=` and `notin`. The empty string selects everything.
 * @throws TypeError naming the term that cannot be read.
 *
 * @example
 * ```ts
 * import { parseLabelSelector } from "keelson/resources";
 *
 * const selector = parseLabelSelector("app=web, tier != test, track in (canary, stable), !legacy");
 * selector.matches({ app: "web", track: "stable" }) // => true
 * selector.matches({ app: "web", track: "stable", legacy: "" }) // => false
 * String(selector) // => "app=web,tier!=test,track in (canary,stable),!legacy"
 * ```
 */
export function parseLabelSelector(text: string): LabelSelector {
  return labelSelector(text.trim() === "" ? [] : terms(text).map((part) => requirement(part.trim(), text)));
}

/**
 * Makes a selector of its requirements.
 *
 * @throws TypeError for a key or value that no label can have.
 *
 * @example
 * ```ts
 * import { labelSelector } from "keelson/resources";
 *
 * String(labelSelector([{ key: "app", operator: "in", values: ["web"] }])) // => "app=web"
 * ```
 */
export function labelSelector(requirements: readonly LabelRequirement[]): LabelSelector {
  for (const each of requirements) check(each);
  return {
    requirements,
    matches: (labels) => requirements.every((each) => holds(each, labels)),
    toString: () => requirements.map(print).join(","),
  };
}

/** Splits at commas outside of parentheses. */
function terms(text: string): string[] {
  return text.split(/,(?![^(]*\))/);
}

function requirement(part: string, text: string): LabelRequirement {
  const { absent, key, equality, value, set, values } = term.exec(part)?.groups ?? {};
  const hasCondition = equality !== undefined || set !== undefined;
  if (key === undefined || (absent !== undefined && hasCondition)) {
    throw new TypeError(`Expected \`labels\` to be a label selector, got ${shown(part)} in ${shown(text)}`);
  }
  if (equality !== undefined) return { key, operator: equality === "!=" ? "notIn" : "in", values: [value ?? ""] };
  if (set === undefined) return { key, operator: absent === undefined ? "exists" : "absent" };
  return {
    key,
    operator: set === "in" ? "in" : "notIn",
    values: (values ?? "").split(",").map((each) => each.trim()),
  };
}

function check(each: LabelRequirement): void {
  const values = "values" in each ? each.values : [];
  const complaint =
    qualifiedNameComplaint(each.key) ?? values.map(labelValueComplaint).find((found) => found !== undefined);
  const none = "values" in each && values.length === 0 ? "expected at least one value" : undefined;
  if ((complaint ?? none) === undefined) return;
  throw new TypeError(`Expected \`labels\` to be a label selector; ${shown(each.key)}: ${complaint ?? none ?? ""}`);
}

function holds(each: LabelRequirement, labels: Readonly<Record<string, string>>): boolean {
  const value = Object.hasOwn(labels, each.key) ? labels[each.key] : undefined;
  switch (each.operator) {
    case "in":
      return value !== undefined && each.values.includes(value);
    case "notIn":
      return value === undefined || !each.values.includes(value);
    case "exists":
      return value !== undefined;
    case "absent":
      return value === undefined;
  }
}

function print(each: LabelRequirement): string {
  switch (each.operator) {
    case "exists":
      return each.key;
    case "absent":
      return `!${each.key}`;
    case "in":
    case "notIn": {
      const [first, ...rest] = each.values;
      if (rest.length === 0) return `${each.key}${each.operator === "in" ? "=" : "!="}${first ?? ""}`;
      return `${each.key} ${each.operator === "in" ? "in" : "notin"} (${each.values.join(",")})`;
    }
  }
}
