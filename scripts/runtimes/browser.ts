/**
 * Runs a bundle of tests in a headless Chromium: it loads them from a server of ours, and sends back how they went.
 *
 * @module
 */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { type IncomingMessage, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Summary } from "./vitest-shim.js";

const page = `<!doctype html><meta charset="utf-8"><title>keelson</title><script type="module">
  const send = (body) => fetch("/done", { method: "POST", body: JSON.stringify(body) });
  const failed = (error) => send({ passed: 0, failures: [{ test: "loading", error: String(error) }] });
  addEventListener("error", (event) => failed(event.message));
  import("/tests.mjs").then(({ run }) => run(() => undefined)).then(send, failed);
</script>`;

const flags = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Runs the tests that the module at `bundle` exports; rejects after `deadlineMs`. */
export async function runInChromium(chromium: string, bundle: string, deadlineMs: number): Promise<Summary> {
  const profile = mkdtempSync(join(tmpdir(), "keelson-chromium-"));
  let browser: ChildProcess | undefined;
  try {
    return await new Promise<Summary>((resolve, reject) => {
      const server = createServer((request, response) => {
        if (request.url === "/done") {
          void text(request).then((body) => {
            response.end();
            server.close();
            resolve(JSON.parse(body) as Summary);
          });
          return;
        }
        const isModule = request.url === "/tests.mjs";
        response.setHeader("content-type", isModule ? "text/javascript" : "text/html");
        response.end(isModule ? readFileSync(bundle) : page);
      });
      server.listen(0, "127.0.0.1", () => {
        const { port } = server.address() as AddressInfo;
        const url = `http://127.0.0.1:${String(port)}/`;
        browser = spawn(chromium, [...flags, `--user-data-dir=${profile}`, url], { stdio: "ignore" });
        browser.once("error", reject);
      });
      setTimeout(() => {
        reject(new Error(`no answer from Chromium within ${String(deadlineMs)} ms`));
      }, deadlineMs).unref();
    });
  } finally {
    await ended(browser);
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function ended(browser: ChildProcess | undefined): Promise<void> {
  if (browser?.exitCode !== null) return;
  await new Promise((resolve) => {
    browser.once("exit", resolve);
    browser.kill("SIGKILL");
  });
}

async function text(request: IncomingMessage): Promise<string> {
  let body = "";
  for await (const chunk of request) body += String(chunk);
  return body;
}
