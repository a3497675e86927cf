import { describe, expect, test } from "vitest";
import { type HandlerOptions, type HealthChecks, createHealth } from "keelson/health";

function withChecks(...names: readonly string[]): HealthChecks {
  const health = createHealth({ service: { version: "1", serviceId: "orders" } });
  for (const name of names) {
    health.check(
      name,
      () => {
        if (name.startsWith("bad")) throw new Error("this will fail");
        if (name.startsWith("warn")) return { status: "warn", message: "nearly full", details: { used: 91 } };
        return undefined;
      },
      { kinds: ["live", "ready", "started"], critical: name !== "bad-but-optional" },
    );
  }
  return health;
}

async function probe(
  health: HealthChecks,
  path: string,
  init: RequestInit & HandlerOptions = {},
): Promise<[status: number, body: string, type: string | null]> {
  const { basePath, details, ...rest } = init;
  const answer = await health.handler({ basePath, details })(new Request(`http://localhost${path}`, rest));
  return [answer.status, await answer.text(), answer.headers.get("content-type")];
}

const text = "text/plain; charset=utf-8";

// The table of k8s.io/apiserver/pkg/server/healthz/healthz_test.go, for each endpoint.
describe.each(["healthz", "livez", "readyz"])("Kubernetes' text of /%s", (name) => {
  const passed = `${name} check passed\n`;
  const failed = `${name} check failed\n`;
  test.each([
    ["", ["ping"], 200, "ok"],
    ["?verbose", ["ping"], 200, `[+]ping ok\n${passed}`],
    ["?exclude=dontexist", ["ping"], 200, "ok"],
    ["?exclude=bad", ["ping", "bad"], 200, "ok"],
    ["?verbose=true&exclude=bad", ["ping", "bad"], 200, `[+]ping ok\n[+]bad excluded: ok\n${passed}`],
    [
      "?verbose=true&exclude=dontexist",
      ["ping"],
      200,
      `[+]ping ok\nwarn: some health checks cannot be excluded: no matches for "dontexist"\n${passed}`,
    ],
    [
      "?verbose&exclude=z&exclude=a&exclude=bad&exclude=z",
      ["ping", "bad"],
      200,
      `[+]ping ok\n[+]bad excluded: ok\nwarn: some health checks cannot be excluded: no matches for "a","z"\n${passed}`,
    ],
    ["/ping", ["ping"], 200, "ok"],
    ["/ping", ["ping", "bad"], 200, "ok"],
    ["?verbose", ["ping", "bad"], 500, `[+]ping ok\n[-]bad failed: reason withheld\n${failed}`],
    ["", ["ping", "bad"], 500, `[+]ping ok\n[-]bad failed: reason withheld\n${failed}`],
    [
      "",
      ["bad", "bad2", "ok"],
      500,
      `[-]bad failed: reason withheld\n[-]bad2 failed: reason withheld\n[+]ok ok\n${failed}`,
    ],
    ["?verbose", [], 200, `[+]ping ok\n${passed}`],
    ["/ping", [], 200, "ok"],
    ["/dontexist", ["ping"], 404, "404 page not found\n"],
    ["/poststarthook/rbac", ["poststarthook/rbac"], 200, "ok"],
  ] as const)("%s with %j", async (path, names, status, body) => {
    expect(await probe(withChecks(...names), `/${name}${path}`)).toEqual([status, body, text]);
  });

  test("one check's reason is for those who may know it", async () => {
    const health = withChecks("bad");
    const path = `/${name}/bad`;
    expect(await probe(health, path)).toEqual([500, "internal server error: reason withheld\n", text]);
    const known = [500, "internal server error: this will fail\n", text];
    expect(await probe(health, path, { details: true })).toEqual(known);
    const details = (request: Request): boolean => request.headers.get("authorization") === "Bearer t";
    expect((await probe(health, path, { details }))[1]).toContain("withheld");
    expect(await probe(health, path, { details, headers: { authorization: "Bearer t" } })).toEqual(known);
  });
});

test("the reasons in the list of checks are for those who may know them, too", async () => {
  const list = "[+]a ok\n[-]bad failed: this will fail\nreadyz check failed\n";
  expect((await probe(withChecks("a", "bad"), "/readyz?verbose", { details: true }))[1]).toBe(list);
});

test("details that JSON cannot hold, or a rule about them that throws, cost the details", async () => {
  const health = createHealth();
  health.check("a", () => ({ status: "pass", details: { n: 5n as never } }));
  expect((await probe(health, "/health/ready", { details: true }))[0]).toBe(200);
  expect((await probe(health, "/readyz?format=health%2Bjson", { details: true }))[0]).toBe(200);
  const details = (): never => {
    throw new Error("no session");
  };
  expect((await probe(withChecks("bad"), "/readyz", { details }))[1]).toContain("reason withheld");
  expect(() => health.check("b", () => undefined, { kinds: [] })).toThrow("Expected `kinds` to name at least one");
});

test("a failure that is not critical is shown in an answer that passes", async () => {
  const [status, body] = await probe(withChecks("a", "bad-but-optional"), "/readyz?verbose");
  expect(status).toBe(200);
  expect(body).toBe("[+]a ok\n[-]bad-but-optional failed: reason withheld\nreadyz check passed\n");
});

describe("application/health+json", () => {
  const accept = { headers: { accept: "application/health+json" } };

  test("pass, warn and fail, with their statuses", async () => {
    const of = async (...names: string[]): Promise<unknown> => {
      const [status, body, type] = await probe(withChecks(...names), "/readyz", accept);
      return [status, (JSON.parse(body) as { status: string }).status, type];
    };
    expect(await of("a")).toEqual([200, "pass", "application/health+json"]);
    expect(await of("a", "warn")).toEqual([200, "warn", "application/health+json"]);
    expect(await of("a", "bad")).toEqual([503, "fail", "application/health+json"]);
  });

  test("the service, each check, and, for those who may know, output and measurements", async () => {
    const health = withChecks("a", "warn");
    const bare = JSON.parse((await probe(health, "/readyz", accept))[1]) as Record<string, unknown>;
    const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/) as string;
    expect(bare).toEqual({
      status: "warn",
      version: "1",
      serviceId: "orders",
      checks: { a: [{ status: "pass", time }], warn: [{ status: "warn", time }] },
    });
    const [, body] = await probe(health, "/readyz", { ...accept, details: true });
    expect(JSON.parse(body)).toMatchObject({
      checks: {
        warn: [{ status: "warn", output: "nearly full" }],
        "warn:used": [{ observedValue: 91, status: "warn" }],
      },
    });
  });
});

describe("MicroProfile", () => {
  test("UP or DOWN, and the same of each check", async () => {
    const [up, body, type] = await probe(withChecks("a", "warn"), "/health/ready");
    expect([up, type]).toEqual([200, "application/json"]);
    const checks = [
      { name: "a", status: "UP" },
      { name: "warn", status: "UP" },
    ];
    expect(JSON.parse(body)).toEqual({ status: "UP", checks });
    const [down, failing] = await probe(withChecks("bad"), "/health", { details: true });
    const data = { message: "this will fail" };
    expect([down, JSON.parse(failing)]).toEqual([
      503,
      { status: "DOWN", checks: [{ name: "bad", status: "DOWN", data }] },
    ]);
  });

  test.each(["/health", "/health/live", "/health/ready", "/health/started", "/health/"])("%s", async (path) => {
    expect((await probe(withChecks("a"), path))[2]).toBe("application/json");
  });
});

describe("which format", () => {
  test.each([
    ["/readyz", undefined, text],
    ["/readyz", "*/*", text],
    ["/readyz", "text/html, */*;q=0.1", text],
    ["/readyz", "application/json", "application/json"],
    ["/readyz", "application/health+json", "application/health+json"],
    ["/readyz", "Application/Health+JSON;q=0.9, application/json;q=0.5", "application/health+json"],
    ["/readyz", "application/json, application/health+json;q=0.5", "application/json"],
    ["/readyz", "application/json;q=0, text/plain", text],
    ["/readyz", "image/png", text],
    ["/readyz?format=health%2Bjson", "text/plain", "application/health+json"],
    ["/readyz?format=health+json", "text/plain", "application/health+json"],
    ["/readyz?format=microprofile", undefined, "application/json"],
    ["/readyz?format=nonsense", undefined, text],
    ["/readyz/a", "application/health+json", "application/health+json"],
    ["/health/ready?format=text", "application/json", text],
    ["/health", "text/plain", text],
  ])("%s with Accept %s is %s", async (path, accept, type) => {
    const headers: Record<string, string> = accept === undefined ? {} : { accept };
    expect((await probe(withChecks("a"), path, { headers }))[2]).toBe(type);
  });
});

describe("paths and methods", () => {
  test("a base path, slashes, and what does not exist", async () => {
    const health = withChecks("a", "b c");
    const status = async (path: string, basePath?: string): Promise<number> =>
      (await probe(health, path, { basePath }))[0];
    expect(await status("/ops/readyz", "/ops")).toBe(200);
    for (const basePath of ["ops", "/ops/", "ops/"]) expect(await status("/ops/readyz", basePath)).toBe(200);
    expect(await status("/readyz", "/")).toBe(200);
    expect(await status("/readyz", "/ops")).toBe(404);
    expect(await status("/readyz/")).toBe(200);
    expect(await status("/readyz/b%20c")).toBe(200);
    expect(await status("/readyz/%E0%A4%A")).toBe(404);
    expect(await status("/")).toBe(404);
    expect(await status("/health/other")).toBe(404);
    expect(await status("/startupz")).toBe(200);
  });

  test("GET and HEAD, nothing else", async () => {
    const health = withChecks("bad");
    expect(await probe(health, "/readyz", { method: "HEAD" })).toEqual([500, "", text]);
    expect((await probe(health, "/readyz", { method: "POST" }))[0]).toBe(405);
  });
});
