import { describe, expect, it } from "vitest";
import { rolloutBounds, rolloutStep } from "keelson/reconcilers";

describe("rolloutBounds", () => {
  it("R2.1 takes a quarter either way unless told otherwise", () => {
    expect(rolloutBounds({ type: "RollingUpdate" }, 10)).toEqual({ surge: 3, unavailable: 2 });
    expect(rolloutBounds({ type: "RollingUpdate" }, 1)).toEqual({ surge: 1, unavailable: 0 });
  });

  it("R2.1 lets one be unavailable when both shares come to nothing", () => {
    expect(rolloutBounds({ type: "RollingUpdate", maxSurge: 0, maxUnavailable: "5%" }, 10)).toEqual({
      surge: 0,
      unavailable: 1,
    });
  });

  it("R2.1 does not round a share that is whole: 29 % of 100, which floats make 28.999…", () => {
    expect(rolloutBounds({ type: "RollingUpdate", maxSurge: "7%", maxUnavailable: "29%" }, 100)).toEqual({
      surge: 7,
      unavailable: 29,
    });
  });

  it("R2.10 Recreate has nothing beyond the wanted number, and may miss all of it", () => {
    expect(rolloutBounds({ type: "Recreate" }, 7)).toEqual({ surge: 0, unavailable: 7 });
  });
});

describe("rolloutStep", () => {
  const limits = { surge: 1, unavailable: 1 };

  it("R2.3 gives up unhealthy instances of old versions first, oldest version first", () => {
    const old = [
      { wanted: 3, available: 3 },
      { wanted: 2, available: 0 },
    ];
    expect(rolloutStep(4, limits, { wanted: 0, available: 0 }, old)).toEqual({ kind: "scale-old", replicas: [3, 0] });
  });

  it("R2.3 counts new instances that are not available against the budget", () => {
    const old = [{ wanted: 3, available: 3 }];
    expect(rolloutStep(4, limits, { wanted: 2, available: 0 }, old)).toEqual({ kind: "nothing" });
    expect(rolloutStep(4, limits, { wanted: 2, available: 1 }, old)).toEqual({ kind: "scale-old", replicas: [2] });
    const unhealthy = [{ wanted: 3, available: 1 }];
    expect(rolloutStep(4, limits, { wanted: 2, available: 0 }, unhealthy)).toEqual({ kind: "nothing" });
    expect(rolloutStep(4, limits, { wanted: 2, available: 1 }, unhealthy)).toEqual({
      kind: "scale-old",
      replicas: [2],
    });
  });

  it("scales the new version down when fewer are wanted, and does nothing when all is done", () => {
    expect(rolloutStep(2, limits, { wanted: 5, available: 5 }, [])).toEqual({ kind: "scale-new", replicas: 2 });
    expect(rolloutStep(2, limits, { wanted: 2, available: 2 }, [{ wanted: 0, available: 0 }])).toEqual({
      kind: "nothing",
    });
  });
});
