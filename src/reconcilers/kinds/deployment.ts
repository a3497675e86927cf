import { type BaseStatus, type Kind, type ResourceOf, defineKind, s } from "../../resources/index.js";
import { schemas } from "./instance-schema.js";
import type { InstanceTemplate } from "./instance-spec.js";

/** A number of instances, or a share of all of them. */
export type Amount = number | `${number}%`;

/** How one version replaces another. */
export type DeploymentStrategy =
  | {
      readonly type: "RollingUpdate";
      readonly maxSurge?: Amount | undefined;
      readonly maxUnavailable?: Amount | undefined;
    }
  | { readonly type: "Recreate" };

/** What should run, and how it is changed. */
export interface DeploymentSpec {
  /** How many instances. */
  readonly replicas: number;
  /** What each of them is. */
  readonly template: InstanceTemplate;
  /** How one version replaces another. */
  readonly strategy: DeploymentStrategy;
  /** Seconds an instance must be ready to count as available. */
  readonly minReadySeconds: number;
  /** Old Workloads kept. */
  readonly revisionHistoryLimit: number;
  /** Seconds without progress before `Progressing` turns `False`. */
  readonly progressDeadlineSeconds: number;
  /** No roll-out; scaling goes on. */
  readonly paused: boolean;
  /** Asks to go back to an earlier revision, 0 for the one before; taken out once that is done. */
  readonly rollbackTo?: { readonly revision: number } | undefined;
}

/** What runs. */
export interface DeploymentStatus extends BaseStatus {
  /** Instances of all versions. */
  readonly replicas?: number;
  /** Instances of the present version. */
  readonly updatedReplicas?: number;
  /** Those that are ready. */
  readonly readyReplicas?: number;
  /** Those that have been ready long enough. */
  readonly availableReplicas?: number;
  /** How many more should be available. */
  readonly unavailableReplicas?: number;
  /** When these numbers last moved towards the goal: ISO 8601, UTC. */
  readonly progressedAt?: string;
  /** How often the name of a new Workload was taken by another's: part of the next name. */
  readonly collisionCount?: number;
}

const amount = /* @__PURE__ */ s.union(schemas.count, s.percentage());
const strategy = /* @__PURE__ */ s.variant("type", {
  RollingUpdate: s.object({ maxSurge: s.optional(amount), maxUnavailable: s.optional(amount) }),
  Recreate: s.object({}),
});

/** A Deployment as a writer gives it. */
export type DeploymentInput = Pick<DeploymentSpec, "template"> & {
  readonly [K in keyof Omit<DeploymentSpec, "template">]?: DeploymentSpec[K] | undefined;
};

/** What should run, and how it is changed. */
export type Deployment = ResourceOf<typeof Deployment>;
/** The kind of {@link DeploymentSpec}. */
export const Deployment: Kind<DeploymentSpec, DeploymentStatus, DeploymentInput> = /* @__PURE__ */ defineKind<
  DeploymentSpec,
  DeploymentStatus,
  DeploymentInput
>()("Deployment", {
  schema: s.object({
    replicas: s.withDefault(schemas.count, 1),
    template: schemas.template,
    strategy: s.withDefault(strategy, { type: "RollingUpdate" }),
    minReadySeconds: s.withDefault(schemas.seconds, 0),
    revisionHistoryLimit: s.withDefault(schemas.count, 10),
    progressDeadlineSeconds: s.withDefault(s.number({ min: 1 }), 600),
    paused: s.withDefault(s.boolean(), false),
    rollbackTo: s.optional(s.object({ revision: schemas.count })),
  }),
});
