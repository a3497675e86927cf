import type { RegisteredHook } from "./hook.js";
import { type ShutdownPhase, shutdownPhases } from "./phase.js";

/** The hooks of one phase in the order in which they start where nothing else holds them back. */
export function startOrder(hooks: Iterable<RegisteredHook>, phase: ShutdownPhase): readonly RegisteredHook[] {
  return [...hooks].filter((hook) => hook.phase === phase).sort((a, b) => b.priority - a.priority);
}

/**
 * Refuses a hook that could never start among `known`: one that waits for a later phase, or, round a circle, for
 * itself.
 */
export function checkStartable(hook: RegisteredHook, known: ReadonlyMap<string, RegisteredHook>): void {
  const all = new Map(known).set(hook.name, hook);
  for (const one of all.values()) {
    for (const name of one.after) {
      const other = all.get(name);
      if (other !== undefined && rank(other) > rank(one)) {
        const places = `"${name}" runs in ${other.phase}, "${one.name}" in ${one.phase}`;
        throw new TypeError(`Expected \`after\` to name hooks of the same or an earlier phase, but ${places}`);
      }
    }
  }
  const circle = circleFrom(hook.name, all, []);
  if (circle !== undefined) {
    throw new TypeError(`Expected \`after\` to be free of circles, but ${circle.join(" waits for ")}`);
  }
}

function circleFrom(
  name: string,
  all: ReadonlyMap<string, RegisteredHook>,
  path: readonly string[],
): readonly string[] | undefined {
  if (path.includes(name)) return path[0] === name ? [...path, name] : undefined;
  for (const next of all.get(name)?.after ?? []) {
    const circle = circleFrom(next, all, [...path, name]);
    if (circle !== undefined) return circle;
  }
  return undefined;
}

function rank(hook: RegisteredHook): number {
  return shutdownPhases.indexOf(hook.phase);
}
