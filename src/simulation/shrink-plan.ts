import type { Fault } from "./faults.js";

type Plan = readonly Fault[];

/** Plans of more faults have too many pairs to try. */
const mostForPairs = 12;
/** How often what is between a number that fails and one that does not is halved. */
const halvings = 6;

/** What each number is where it matters least. */
const least = { at: 0, lasts: 1, by: 0, rate: 0 } as const;
const fields = ["at", "lasts", "by", "rate"] as const;

/**
 * Looks for a plan that is simpler and fails, too: fewer faults first, then smaller numbers. It goes on from each plan
 * that fails, and ends by itself, also when `fails` says no to everything from some time on.
 */
export async function shrinkPlan(found: Plan, fails: (plan: Plan) => Promise<boolean>): Promise<Plan> {
  let plan = (await veryFew(found, fails)) ?? (await withoutParts(found, fails));
  for (const index of plan.keys()) {
    for (const field of fields) plan = await withLess(plan, index, field, fails);
  }
  // What a fault was needed for, smaller numbers of others may have made needless.
  const fewer = plan.length > 1 ? await veryFew(plan, fails) : undefined;
  return fewer === undefined ? plan : await shrinkPlan(fewer, fails);
}

/** No fault, one, or two: most failures need no more, whatever else has struck. */
async function veryFew(plan: Plan, fails: (plan: Plan) => Promise<boolean>): Promise<Plan | undefined> {
  const singles = plan.map((fault) => [fault]);
  const pairs = plan.flatMap((one, index) => plan.slice(index + 1).map((other) => [one, other]));
  for (const few of [[], ...singles, ...(plan.length > mostForPairs ? [] : pairs)]) {
    if (few.length < plan.length && (await fails(few))) return few;
  }
  return undefined;
}

/** Leaves out halves, quarters, and so on, until no fault can be left out alone (delta debugging, Zeller 1999). */
async function withoutParts(found: Plan, fails: (plan: Plan) => Promise<boolean>): Promise<Plan> {
  let plan = found;
  for (let size = Math.floor(plan.length / 2); size >= 1;) {
    let isSmaller = false;
    for (let from = 0; from < plan.length;) {
      const rest = [...plan.slice(0, from), ...plan.slice(from + size)];
      if (await fails(rest)) {
        plan = rest;
        isSmaller = true;
      } else from += size;
    }
    if (size > 1 || !isSmaller) size = Math.floor(size / 2);
  }
  return plan;
}

/** Makes one number of one fault smaller: as small as can be, or else about as small as still fails. */
async function withLess(
  plan: Plan,
  index: number,
  field: keyof typeof least,
  fails: (plan: Plan) => Promise<boolean>,
): Promise<Plan> {
  const low: number = least[field];
  const high = (plan[index] as Partial<Record<typeof field, number>> | undefined)?.[field];
  const having = (value: number): Plan =>
    plan.map((fault, at) => (at === index ? { ...fault, [field]: value } : fault));
  if (high === undefined || high === low) return plan;
  if (await fails(having(low))) return having(low);
  let [passing, failing] = [low, high];
  for (let step = 0; step < halvings; step += 1) {
    const middle = roundMiddle(passing, failing);
    if (middle === passing || middle === failing) break;
    const isEnough = await fails(having(middle));
    if (isEnough) failing = middle;
    else passing = middle;
  }
  return failing === high ? plan : having(failing);
}

/** A number of few digits in the middle half between two, for people to read. */
function roundMiddle(a: number, b: number): number {
  const unit = 10 ** Math.floor(Math.log10(Math.abs(b - a) / 2));
  return Number((Math.round((a + b) / 2 / unit) * unit).toFixed(3));
}
