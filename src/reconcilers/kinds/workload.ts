import { canonical } from "../template-hash.js";
import { type BaseStatus, type Kind, type ResourceOf, defineKind, s } from "../../resources/index.js";
import { schemas } from "./instance-schema.js";
import type { InstanceTemplate } from "./instance-spec.js";

/** A number of equal instances, as wanted. */
export interface WorkloadSpec {
  /** How many. */
  readonly replicas: number;
  /** Labels that its instances have; cannot be changed. */
  readonly selector: Readonly<Record<string, string>>;
  /** What each of them is. */
  readonly template: InstanceTemplate;
  /** Seconds an instance must be ready to count as available. */
  readonly minReadySeconds: number;
}

/** A number of equal instances, as they are. */
export interface WorkloadStatus extends BaseStatus {
  /** Instances there are, without those that are going. */
  readonly replicas?: number;
  /** Those that have all of the template's labels. */
  readonly fullyLabeledReplicas?: number;
  /** Those that are ready. */
  readonly readyReplicas?: number;
  /** Those that have been ready for `minReadySeconds`. */
  readonly availableReplicas?: number;
}

/** A Workload as a writer gives it. */
export type WorkloadInput = Pick<WorkloadSpec, "selector" | "template"> & {
  /** How many. @defaultValue `1` */
  readonly replicas?: number | undefined;
  /** Seconds an instance must be ready to count as available. @defaultValue `0` */
  readonly minReadySeconds?: number | undefined;
};

/** A number of equal instances. */
export type Workload = ResourceOf<typeof Workload>;
/** The kind of {@link WorkloadSpec}. */
export const Workload: Kind<WorkloadSpec, WorkloadStatus, WorkloadInput> = /* @__PURE__ */ defineKind<
  WorkloadSpec,
  WorkloadStatus,
  WorkloadInput
>()("Workload", {
  schema: /* @__PURE__ */ s.refine(
    s.object({
      replicas: s.withDefault(schemas.count, 1),
      selector: schemas.strings,
      template: schemas.template,
      minReadySeconds: s.withDefault(schemas.seconds, 0),
    }),
    "a selector that is not empty and that the template's labels match",
    ({ selector, template }) =>
      Object.keys(selector).length > 0 &&
      Object.entries(selector).every(([label, value]) => template.labels[label] === value),
  ),
  validateUpdate: (next, previous) =>
    canonical(next.selector) === canonical(previous.selector)
      ? undefined
      : { path: "spec.selector", message: "cannot be changed" },
});
