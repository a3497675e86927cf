import type { Happening } from "./object-event.js";

/** More events than this of one object and reason, of different messages, within the window are combined. */
const similar = 10;
const windowMs = 600_000;
/** Events of one source on one object: so many at once, then one each so often. */
const burst = 25;
const refillMs = 300_000;
/** Objects and reasons that are remembered; the one that was heard of least lately is forgotten. */
const remembered = 4_096;

interface Similar {
  since: number;
  readonly messages: Set<string>;
}

interface Allowance {
  tokens: number;
  since: number;
}

/**
 * Decides which events are recorded, and which are one and the same.
 *
 * @remarks Source: client-go's `EventCorrelator` (`tools/record/events_cache.go`), with its numbers.
 * @internal
 */
export class EventCorrelator {
  readonly #similar = new Map<string, Similar>();
  readonly #allowances = new Map<string, Allowance>();

  /** The message to record, combined with others if there are many; `undefined` when there are too many. */
  message({ resource, source, type, reason, message }: Happening, now: number): string | undefined {
    const about = `${source} ${resource.metadata.uid}`;
    const combined = this.#combined(`${about} ${type} ${reason}`, message, now);
    return this.#isAllowed(about, now) ? combined : undefined;
  }

  #combined(id: string, message: string, now: number): string {
    let known = this.#similar.get(id);
    if (known === undefined || now - known.since > windowMs) known = { since: now, messages: new Set() };
    remember(this.#similar, id, known);
    if (known.messages.size < similar || known.messages.has(message)) {
      known.messages.add(message);
      return message;
    }
    return "(combined from similar events)";
  }

  #isAllowed(id: string, now: number): boolean {
    const known = this.#allowances.get(id) ?? { tokens: burst, since: now };
    const refills = Math.floor((now - known.since) / refillMs);
    const tokens = Math.min(burst, known.tokens + refills);
    const since = known.since + refills * refillMs;
    remember(this.#allowances, id, { tokens: Math.max(0, tokens - 1), since });
    return tokens > 0;
  }
}

/** Puts an entry last in its map, and drops the first when there are too many. */
function remember<T>(entries: Map<string, T>, id: string, entry: T): void {
  entries.delete(id);
  entries.set(id, entry);
  if (entries.size <= remembered) return;
  for (const oldest of entries.keys()) {
    entries.delete(oldest);
    return;
  }
}
