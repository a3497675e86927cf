import { type Duration, toMs } from "../core/index.js";
import { checkFunction, checkInteger, checkName } from "../core/check.js";
import type { Kind, Resource, ResourceKey } from "../resources/index.js";
import { type BackoffOptions, backoffMs } from "./key-backoff.js";
import type { Predicate } from "./predicate.js";
import type { ReconcileContext } from "./reconcile-context.js";
import type { Trigger } from "./trigger.js";

/** When to look at the object again without a change; a change before that cancels it. */
export type ReconcileResult =
  | {
      /** After this long. */
      readonly requeueAfter: Duration;
    }
  | {
      /** At this time of the wall clock. */
      readonly requeueAt: Date;
    };

/** What a reconcile returns: usually nothing, as an async function does. */
export type ReconcileOutcome = Promise<ReconcileResult | undefined> | Promise<void> | ReconcileResult | undefined;

/** What must happen before an object of the controller's kind may go. */
export interface Finalizer<R> {
  /** The finalizer's name, such as `"example.dev/dns"`. */
  readonly name: string;
  /**
   * Cleans up; the finalizer is removed only after this resolved, so it may run more than once. One that is not done yet
   * says when to look again, and the finalizer stays.
   */
  cleanup(resource: R, context: ReconcileContext): ReconcileOutcome;
}

/** How {@link defineController} describes a controller. */
export interface ControllerOptions<Spec, Status> {
  /** In logs and metrics. @defaultValue the kind's name in lower case */
  readonly name?: string;
  /** The kind whose objects it reconciles. */
  readonly for: Kind<Spec, Status, unknown>;
  /** Which changes of those objects matter. @defaultValue all of them */
  readonly when?: Predicate;
  /** What else makes it look again. @defaultValue nothing */
  readonly triggers?: readonly Trigger[];
  /** Kinds it reads from the cache beside its own and its triggers'. @defaultValue none */
  readonly reads?: readonly Kind[];
  /** Keys it works on at a time; one key is never worked on twice at once. @defaultValue `8` */
  readonly concurrency?: number;
  /** How long one reconcile may take before its signal aborts. @defaultValue `"60s"` */
  readonly timeout?: Duration;
  /** How long a key waits after failures. @defaultValue 100 ms doubling to 5 minutes, jitter 0.2 */
  readonly backoff?: BackoffOptions;
  /**
   * Brings the world closer to what the object says. It is given the state, never the event, and may run at any time,
   * any number of times.
   */
  reconcile(resource: Resource<Spec, Status>, context: ReconcileContext): ReconcileOutcome;
  /** Cleans up before an object goes; objects being deleted are given to it, not to `reconcile`. */
  readonly finalize?: Finalizer<Resource<Spec, Status>>;
  /** Told that there is no object of a key (any more), to drop what is kept in memory for it. */
  onGone?(key: ResourceKey): void;
}

/** A controller, ready for a manager. */
export interface Controller {
  /** In logs and metrics. */
  readonly name: string;
  /** Its description, checked and with defaults. */
  readonly options: Required<Pick<ControllerOptions<unknown, unknown>, "concurrency" | "triggers" | "reads">> &
    ControllerOptions<unknown, unknown>;
  /** How long one reconcile may take, in milliseconds. */
  readonly timeoutMs: number;
}

/**
 * Describes a controller: for each object of a kind, a function that brings the world closer to what the object says.
 *
 * @throws TypeError, RangeError for options out of range.
 *
 * @example
 * ```ts
 * import { defineController } from "keelson/controllers";
 * import { defineKind } from "keelson/resources";
 *
 * const Greeting = defineKind<{ to: string }, { text: string }>()("Greeting");
 * const greetings = defineController({
 *   for: Greeting,
 *   async reconcile(greeting, { client }) {
 *     await client.patchStatus(greeting, { text: `hello ${greeting.spec.to}` });
 *   },
 * });
 * greetings.name // => "greeting"
 * ```
 */
export function defineController<Spec, Status>(options: ControllerOptions<Spec, Status>): Controller {
  const {
    name = options.for.name.toLowerCase(),
    concurrency = 8,
    triggers = [],
    reads = [],
    timeout = "60s",
  } = options;
  checkFunction("reconcile", (options as { readonly reconcile: unknown }).reconcile);
  checkInteger("concurrency", concurrency, 1);
  backoffMs(options.backoff);
  if (options.finalize !== undefined) checkName("finalize.name", options.finalize.name);
  const timeoutMs = toMs(timeout, "timeout");
  return {
    name,
    timeoutMs,
    options: { ...(options as ControllerOptions<unknown, unknown>), concurrency, triggers, reads },
  };
}
