import type { ChannelEvent } from "../../channels/index.js";
import type { LogFields } from "../../core/logger.js";
import type { Runtime } from "../../core/runtime.js";
import { errorType } from "../error-type.js";
import type { DiagnosticHandlers } from "../observe.js";
import { type Span, currentSpan } from "../span.js";
import { systemName } from "../system-name.js";
import { HandOffs } from "./hand-offs.js";
import type { OtelApi, OtelAttributes, OtelSpan, OtelTime, OtelTracer } from "./otel-api.js";

/** What a span is made of, once the work is over. */
interface Ended {
  readonly name: string;
  readonly kind: number;
  readonly attributes: OtelAttributes;
  readonly durationMs: number;
  readonly error?: unknown;
  /** The span from which the work was handed over. */
  readonly link?: object | undefined;
}

// The figures of the API's enumerations, which are part of its contract.
const kinds = { internal: 0, client: 2, producer: 3, consumer: 4 };
const failedStatus = 2;

/** The span of an instrumented function that runs, and the context that was active when it began. */
interface Running {
  readonly span: OtelSpan;
  readonly outer: unknown;
}

/**
 * Makes spans: of instrumented functions when they begin, of all else when it has ended.
 *
 * @remarks
 * Events are published in the async context of the operation. Its parent is the span that is active there, or that of
 * the instrumented function around it, whichever began later. A receiver's span links to the sender's instead, because
 * a hand-off is no call.
 */
export function otelSpans(api: OtelApi, scope: string, runtime: Runtime, hasChannels: boolean): DiagnosticHandlers {
  let provider: object | undefined;
  let tracer: OtelTracer | undefined;
  const running = new WeakMap<Span, Running>();
  const tracerNow = (): OtelTracer => {
    const present = api.trace.getTracerProvider();
    if (present !== provider || tracer === undefined) {
      provider = present;
      tracer = present.getTracer(scope) as OtelTracer;
    }
    return tracer;
  };
  const parentFrom = (innermost: Span | undefined): never => {
    const active = api.context.active();
    for (let span = innermost; span !== undefined; span = span.parent) {
      const around = running.get(span);
      if (around === undefined) continue;
      return (around.outer === active ? api.trace.setSpan(active as never, around.span as never) : active) as never;
    }
    return active as never;
  };
  const span = ({ name, kind, attributes, durationMs, error, link }: Ended): OtelSpan => {
    const end = runtime.wallNow();
    const startTime = timeOf(end - durationMs);
    const links = link === undefined ? [] : [{ context: link as never }];
    const made = tracerNow().startSpan(name, { kind, startTime, attributes, links }, parentFrom(currentSpan()));
    finish(made, end, error);
    return made;
  };
  return {
    "keelson:retry:call": ({ attempts, outcome, durationMs, error }) => {
      const attributes = { "keelson.retry.attempts": attempts, "keelson.outcome": outcome };
      span({ name: "retry", kind: kinds.internal, attributes, durationMs, error });
    },
    "keelson:store:call": ({ driver, method, durationMs, error }) => {
      const attributes = { "db.system.name": systemName(driver), "db.operation.name": method };
      span({ name: method, kind: kinds.client, attributes, durationMs, error });
    },
    "keelson:reconcile": ({ controller, key, attempt, outcome, durationMs, error }) => {
      const attributes = {
        "keelson.controller": controller,
        "keelson.key": key,
        "keelson.attempt": attempt,
        "keelson.outcome": outcome,
      };
      span({ name: `reconcile ${controller}`, kind: kinds.internal, attributes, durationMs, error });
    },
    "keelson:span:start": ({ name, fields }) => {
      const here = currentSpan();
      if (here === undefined) return;
      const startTime = timeOf(runtime.wallNow());
      const options = { kind: kinds.internal, startTime, attributes: attributesOf(fields), links: [] };
      const made = tracerNow().startSpan(name, options, parentFrom(here.parent));
      running.set(here, { span: made, outer: api.context.active() });
    },
    "keelson:span": ({ error }) => {
      const here = currentSpan();
      const made = here === undefined ? undefined : running.get(here);
      if (made !== undefined) finish(made.span, runtime.wallNow(), error);
    },
    ...(hasChannels ? channelSpans(span) : {}),
  };
}

function channelSpans(span: (ended: Ended) => OtelSpan): DiagnosticHandlers {
  const handOffs = new HandOffs();
  const ended = (operation: "send" | "receive", { kind, name = kind }: ChannelEvent, link?: object): OtelSpan =>
    span({
      name: `${operation} ${name}`,
      kind: operation === "send" ? kinds.producer : kinds.consumer,
      attributes: {
        "messaging.system": "keelson",
        "messaging.operation.type": operation,
        "messaging.operation.name": operation,
        "messaging.destination.name": name,
        "keelson.channel.kind": kind,
      },
      durationMs: 0,
      link,
    });
  return {
    "keelson:channel:send": (event) => {
      const sent = ended("send", event);
      if (event.kind === "mpsc") handOffs.sent(event.channel, sent.spanContext());
    },
    "keelson:channel:recv": (event) => {
      ended("receive", event, event.kind === "mpsc" ? handOffs.received(event.channel, event.length) : undefined);
    },
  };
}

function finish(span: OtelSpan, end: number, error: unknown): void {
  if (error !== undefined) {
    span.setAttribute("error.type", errorType(error));
    span.setStatus({ code: failedStatus });
  }
  span.end(timeOf(end));
}

/** Only what a span can hold; objects are not for it. */
function attributesOf(fields: LogFields): OtelAttributes {
  const simple = Object.entries(fields).filter(([, value]) => ["string", "number", "boolean"].includes(typeof value));
  return Object.fromEntries(simple) as OtelAttributes;
}

function timeOf(ms: number): OtelTime {
  const seconds = Math.floor(ms / 1_000);
  return [seconds, Math.round((ms - seconds * 1_000) * 1e6)];
}
