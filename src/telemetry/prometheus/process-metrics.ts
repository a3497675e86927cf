import nodeProcess from "node:process";
import { currentRuntime } from "../../core/ambient.js";
import type { MetricRegistry } from "./registry.js";

/**
 * Adds what dashboards expect of every process: memory, CPU time, start time, active handles.
 *
 * @remarks Names are those that Prometheus' own clients give them.
 *
 * @example
 * ```ts
 * import { createRegistry, processMetrics } from "keelson/telemetry/prometheus";
 *
 * const registry = createRegistry();
 * processMetrics(registry);
 * registry.expose().includes("process_resident_memory_bytes") // => true
 * ```
 */
export function processMetrics(registry: MetricRegistry): void {
  const started = currentRuntime().wallNow() / 1_000 - nodeProcess.uptime();
  const figures: readonly (readonly [name: string, help: string, read: () => number])[] = [
    ["process_start_time_seconds", "When the process started, in seconds since the epoch.", () => started],
    ["process_resident_memory_bytes", "Memory of the process.", () => nodeProcess.memoryUsage.rss()],
    ["process_heap_bytes", "Memory of V8's heap in use.", () => nodeProcess.memoryUsage().heapUsed],
    ["nodejs_active_resources", "What keeps the event loop alive.", () => nodeProcess.getActiveResourcesInfo().length],
  ];
  for (const [name, help, read] of figures) {
    registry.gauge(name, {
      help,
      collect: (gauge) => {
        gauge.set(read());
      },
    });
  }
  let counted = 0;
  registry.counter("process_cpu_seconds_total", {
    help: "CPU time of the process, user and system.",
    collect: (counter) => {
      const { user, system } = nodeProcess.cpuUsage();
      const seconds = (user + system) / 1e6;
      counter.add(Math.max(0, seconds - counted));
      counted = seconds;
    },
  });
}
