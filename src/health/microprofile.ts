import type { HealthReport } from "./health-check.js";

/** A report in the form of Eclipse MicroProfile Health 4.0: `UP` or `DOWN`, and the same of each check. */
export function microProfile({ status, checks }: HealthReport, mayKnow: boolean): object {
  return {
    status: upOrDown(status),
    checks: checks.map(({ name, status: its, message, details }) => {
      const data = { ...details, ...(message === undefined ? {} : { message }) };
      const known = mayKnow && Object.keys(data).length > 0 ? { data } : {};
      return { name, status: upOrDown(its), ...known };
    }),
  };
}

function upOrDown(status: string): "UP" | "DOWN" {
  return status === "fail" ? "DOWN" : "UP";
}
