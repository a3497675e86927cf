import type { World } from "./world.js";

/** What went wrong, and who waits for what, one host a line. */
export function withWhoWaits(what: string, world: World): string {
  const lines = [...world.hosts.values()].flatMap((host) => {
    const { runtime } = host;
    if (runtime === undefined) return [`  ${host.name} is down`];
    const counts = new Map<string, number>();
    for (const { label } of runtime.waiters.keys()) counts.set(label, (counts.get(label) ?? 0) + 1);
    const waits = [...counts].map(([label, count]) => (count === 1 ? label : `${label} (${count} times)`));
    if (runtime.isPaused) return [`  ${host.name} is paused`];
    if (waits.length > 0) return [`  ${host.name} waits in ${waits.join(", ")}`];
    return host.isDone
      ? []
      : [`  ${host.name} waits for a promise that keelson does not know (real I/O belongs into runtime.real())`];
  });
  return lines.length === 0 ? what : [`${what}, and these wait:`, ...lines].join("\n");
}
