import { spawn } from "node:child_process";
import nodeProcess from "node:process";

/** Tells a service manager how the process is. */
export interface Notifier {
  /** How often the manager wants to hear `WATCHDOG=1`, in milliseconds; nothing when it does not. */
  readonly watchdogMs?: number | undefined;
  /** Sends one state, such as `"READY=1"`. */
  notify(state: string): void | PromiseLike<void>;
}

/** How {@link systemdNotifier} reaches systemd. */
export interface SystemdNotifierOptions {
  /** Where systemd leaves its addresses. @defaultValue `process.env` */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  /** Runs `systemd-notify` with these arguments. @defaultValue spawns it */
  readonly run?: ((args: readonly string[]) => Promise<void>) | undefined;
}

/**
 * A {@link Notifier} for services of systemd with `Type=notify`; silent where systemd does not listen.
 *
 * @remarks
 * Node cannot open the datagram socket that systemd listens on, so each state is sent by a short-lived
 * `systemd-notify`. That is another process, so the unit needs `NotifyAccess=all`. Half of `WatchdogSec=` is the time
 * between two `WATCHDOG=1`, as `sd_watchdog_enabled(3)` advises.
 *
 * @example
 * ```ts
 * import { systemdNotifier } from "keelson/lifecycle";
 *
 * const sent: unknown[] = [];
 * const env = { NOTIFY_SOCKET: "/run/systemd/notify", WATCHDOG_USEC: "30000000" };
 * const notifier = systemdNotifier({ env, run: async (args) => void sent.push(args) });
 * await notifier.notify("READY=1");
 * sent // => [["READY=1"]]
 * notifier.watchdogMs // => 15_000
 * ```
 */
export function systemdNotifier({ env = nodeProcess.env, run = runNotify }: SystemdNotifierOptions = {}): Notifier {
  const isHeard = (env["NOTIFY_SOCKET"] ?? "") !== "";
  const micros = Number(env["WATCHDOG_USEC"] ?? Number.NaN);
  return {
    watchdogMs: isHeard && micros > 0 ? micros / 2_000 : undefined,
    notify: (state) => (isHeard ? run([state]) : undefined),
  };
}

function runNotify(args: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn("systemd-notify", args, { stdio: "ignore" });
    child.once("error", reject);
    child.once("exit", (code) => {
      if (code === 0) resolve();
      else reject(new Error(`systemd-notify exited with ${String(code)}`));
    });
  });
}
