import { type Measure, nsPerOp, type Row, type Work } from "./harness.js";

/** A row that says how many operations a second ours does, and, as its ratio, how many times as many as the other. */
export function row(id: string, ours: Work, against: string, theirs: Work): Row {
  return { id, unit: "op/s", measure: perSecond(ours), against: { id: against, measure: perSecond(theirs) } };
}

function perSecond(work: Work): Measure {
  const measure = nsPerOp(work);
  return async () => 1e9 / (await measure());
}
