import { type BaseStatus, type Kind, type Resource, defineKind, s } from "keelson/resources";

export interface WorkloadSpec {
  readonly replicas: number;
  readonly image: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly ports?: readonly number[];
}

export interface WorkloadInput {
  readonly replicas?: number | undefined;
  readonly image: string;
  readonly env?: Readonly<Record<string, string>> | undefined;
  readonly ports?: readonly number[] | undefined;
}

export interface WorkloadStatus extends BaseStatus {
  readonly ready?: number;
  readonly phase?: string;
}

export type Workload = Resource<WorkloadSpec, WorkloadStatus>;

/** A namespaced kind with a schema, a default, an index and a rule on changes. */
export const Workload: Kind<WorkloadSpec, WorkloadStatus, WorkloadInput> = defineKind<
  WorkloadSpec,
  WorkloadStatus,
  WorkloadInput
>()("Workload", {
  schema: s.object({
    replicas: s.withDefault(s.integer({ min: 0 }), 1),
    image: s.string({ minLength: 1 }),
    env: s.optional(s.record(s.string())),
    ports: s.optional(s.array(s.integer({ min: 1, max: 65_535 }))),
  }),
  fields: { image: ({ spec }) => spec.image },
  validateUpdate: (next, previous) =>
    previous.image === "pinned" && next.image !== "pinned"
      ? { path: "spec.image", message: "must stay pinned" }
      : undefined,
});

/** A kind with one object of a name per cluster, and no schema. */
export const Zone: Kind<{ readonly region: string }, BaseStatus> = defineKind<{ readonly region: string }>()("Zone", {
  scope: "cluster",
});
