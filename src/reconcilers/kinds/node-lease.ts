import { type Kind, type ResourceOf, defineKind, s } from "../../resources/index.js";

/** An agent's heartbeat. */
export interface NodeLeaseSpec {
  /** Which agent. */
  readonly holder: string;
  /** When it last said so: ISO 8601, UTC. */
  readonly renewedAt: string;
  /** Seconds after which silence means trouble. */
  readonly durationSeconds: number;
}

/** An agent's heartbeat. */
export type NodeLease = ResourceOf<typeof NodeLease>;
/** The kind of {@link NodeLeaseSpec}. */
export const NodeLease: Kind<NodeLeaseSpec> = /* @__PURE__ */ defineKind<NodeLeaseSpec, unknown>()("NodeLease", {
  scope: "cluster",
  schema: s.object({
    holder: s.string({ minLength: 1 }),
    renewedAt: s.string(),
    durationSeconds: s.number({ min: 1 }),
  }),
});
