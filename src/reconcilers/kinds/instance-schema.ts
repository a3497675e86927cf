import { s } from "../../resources/index.js";
import type { InstanceSpec, InstanceTemplate } from "./instance-spec.js";

const count = /* @__PURE__ */ s.integer({ min: 0 });
const seconds = /* @__PURE__ */ s.number({ min: 0 });
const strings = /* @__PURE__ */ s.record(s.string());

const port = /* @__PURE__ */ s.integer({ min: 0, max: 65_535 });
const command = /* @__PURE__ */ s.array(s.string({ minLength: 1 }), { minLength: 1 });

const probe = /* @__PURE__ */ s.refine(
  s.object({
    path: s.optional(s.string({ pattern: /^\// })),
    tcp: s.optional(s.literal(true)),
    exec: s.optional(command),
    port: s.optional(port),
    periodSeconds: s.optional(s.number({ min: 0.05 })),
    timeoutSeconds: s.optional(s.number({ min: 0.01 })),
    successThreshold: s.optional(s.integer({ min: 1 })),
    failureThreshold: s.optional(s.integer({ min: 1 })),
    initialDelaySeconds: s.optional(seconds),
  }),
  "exactly one of `path`, `tcp` and `exec`",
  ({ path, tcp, exec }) => [path, tcp, exec].filter((way) => way !== undefined).length === 1,
);

const toleration = /* @__PURE__ */ s.object({
  key: s.optional(s.string()),
  value: s.optional(s.string()),
  effect: s.optional(s.oneOf("NoSchedule", "NoExecute")),
  tolerationSeconds: s.optional(seconds),
});

const instanceFields = {
  command,
  env: /* @__PURE__ */ s.optional(strings),
  cwd: /* @__PURE__ */ s.optional(s.string({ minLength: 1 })),
  port: /* @__PURE__ */ s.optional(port),
  resources: /* @__PURE__ */ s.optional(s.record(s.number({ min: 0 }))),
  startup: /* @__PURE__ */ s.optional(probe),
  liveness: /* @__PURE__ */ s.optional(probe),
  readiness: /* @__PURE__ */ s.optional(probe),
  restartPolicy: /* @__PURE__ */ s.optional(s.oneOf("Always", "OnFailure", "Never")),
  terminationGracePeriodSeconds: /* @__PURE__ */ s.optional(seconds),
  nodeSelector: /* @__PURE__ */ s.optional(strings),
  tolerations: /* @__PURE__ */ s.optional(s.array(toleration)),
};

const template = /* @__PURE__ */ s.object({ labels: strings, spec: s.object(instanceFields) });

/** The schemas that the kinds share. */
export const schemas: {
  readonly count: s.Schema<number>;
  readonly seconds: s.Schema<number>;
  readonly strings: s.Schema<Readonly<Record<string, string>>>;
  readonly template: s.Schema<InstanceTemplate>;
  readonly instance: s.Schema<InstanceSpec>;
} = {
  count,
  seconds,
  strings,
  template,
  instance: /* @__PURE__ */ s.object({ ...instanceFields, nodeName: s.optional(s.string({ minLength: 1 })) }),
};
