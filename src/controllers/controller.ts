import { type Duration, toMs } from "../core/index.js";
import { checkFunction, checkInteger, checkName, checkNumber, checkObject, checkOneOf } from "../core/check.js";
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

/** What a reconcile returns: usually nothing, as a function does that just ends, async or not. */
export type ReconcileOutcome =
  | Promise<ReconcileResult | undefined>
  | Promise<void>
  | ReconcileResult
  | undefined
  // eslint-disable-next-line @typescript-eslint/no-invalid-void-type -- what a plain function returns that just ends
  | void;

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
  readonly name?: string | undefined;
  /** The kind whose objects it reconciles. */
  readonly for: Kind<Spec, Status, unknown>;
  /** Which changes of those objects matter. @defaultValue all of them */
  readonly when?: Predicate | undefined;
  /** What else makes it look again. @defaultValue nothing */
  readonly triggers?: readonly Trigger[];
  /** Kinds it reads from the cache beside its own and its triggers'. @defaultValue none */
  readonly reads?: readonly Kind[];
  /**
   * Where several managers run: only on the one that leads, or on each. What runs everywhere is not fenced, and has to
   * share the work by itself.
   *
   * @defaultValue `"leader"`
   */
  readonly runs?: "leader" | "everywhere";
  /**
   * Looks at every object again this often, after everything else; for what changes outside of the store and tells
   * nobody. @defaultValue never
   */
  readonly resync?: Duration | undefined;
  /**
   * Gathers changes of owned and watched objects for this long before it looks at a key: a controller of many children is
   * not run once for each of them. What changes its own objects, retries and requeues do not wait.
   *
   * @defaultValue `0`
   */
  readonly batch?: Duration | undefined;
  /** Keys it works on at a time; one key is never worked on twice at once. @defaultValue `8` */
  readonly concurrency?: number;
  /** How long one reconcile may take before its signal aborts. @defaultValue `"60s"` */
  readonly timeout?: Duration;
  /** How long a key waits after failures. @defaultValue 100 ms doubling to 5 minutes, jitter 0.2 */
  readonly backoff?: BackoffOptions | undefined;
  /**
   * Brings the world closer to what the object says. It is given the state, never the event, and may run at any time,
   * any number of times.
   */
  reconcile(resource: Resource<Spec, Status>, context: ReconcileContext): ReconcileOutcome;
  /**
   * Cleans up before an object goes; objects being deleted are given to it, not to `reconcile`. Where it depends, let the
   * value be `undefined`: what is spread in is typed before the kind is known.
   */
  readonly finalize?: Finalizer<Resource<Spec, Status>> | undefined;
  /** Told that there is no object of a key (any more), to drop what is kept in memory for it. */
  onGone?(key: ResourceKey): void;
}

/** A controller, ready for a manager. */
export interface Controller {
  /** In logs and metrics. */
  readonly name: string;
  /** Its description, checked and with defaults. */
  readonly options: Required<Pick<ControllerOptions<unknown, unknown>, "concurrency" | "triggers" | "reads" | "runs">> &
    ControllerOptions<unknown, unknown>;
  /** Every kind that it reads: its own, those of its triggers, and what it `reads` beside. */
  readonly kinds: readonly Kind[];
  /** How long one reconcile may take, in milliseconds. */
  readonly timeoutMs: number;
  /** How long it gathers changes, in milliseconds. */
  readonly batchMs: number;
  /** How often it looks at every object again, in milliseconds; `Infinity` is never. */
  readonly resyncMs: number;
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
  checkObject("options", options);
  checkObject("for", (options as { readonly for: unknown }).for);
  const {
    name = options.for.name.toLowerCase(),
    concurrency = 8,
    triggers = [],
    reads = [],
    timeout = "60s",
    resync = Number.POSITIVE_INFINITY,
    runs = "leader",
  } = options;
  checkFunction("reconcile", (options as { readonly reconcile: unknown }).reconcile);
  checkName("name", name);
  checkInteger("concurrency", concurrency, 1);
  checkOneOf("runs", runs, ["leader", "everywhere"]);
  backoffMs(options.backoff);
  if (options.finalize !== undefined) checkName("finalize.name", options.finalize.name);
  const watched = triggers.flatMap((trigger) => (trigger.type === "channel" ? [] : [trigger.kind]));
  return {
    name,
    kinds: [...new Set<Kind>([options.for, ...watched, ...reads])],
    timeoutMs: toMs(timeout, "timeout"),
    batchMs: toMs(options.batch ?? 0, "batch"),
    resyncMs: resyncMsOf(resync),
    options: { ...(options as ControllerOptions<unknown, unknown>), concurrency, triggers, reads, runs },
  };
}

function resyncMsOf(resync: Duration): number {
  const ms = toMs(resync, "resync");
  if (ms !== Number.POSITIVE_INFINITY) checkNumber("resync", ms, 1);
  return ms;
}
