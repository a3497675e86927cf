import { describe, expect, test } from "vitest";
import { fc, test as propTest } from "@fast-check/vitest";
import { inRange } from "keelson/store";
import { decodeMessage, encodeFrame } from "../../src/store/drivers/etcd/codec.js";
import { FrameJoiner } from "../../src/store/drivers/etcd/frame-joiner.js";
import { parseEtcdUrl } from "../../src/store/drivers/etcd/etcd-url.js";
import { KeyMapping } from "../../src/store/drivers/etcd/key-mapping.js";
import { capabilitiesOf, isSupported } from "../../src/store/drivers/etcd/server-version.js";
import { runs } from "../support/deep.js";

const numRuns = runs(1_000);
const text = fc.string({ unit: "binary" });
const int = fc.maxSafeInteger().map(Math.abs);
const id = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map((each) => (each === 0n ? "" : each.toString(16)));
const kv = fc.record({
  key: text,
  createRevision: int,
  modRevision: int,
  version: int,
  value: fc.uint8Array(),
  lease: id,
});

describe("messages", () => {
  test("are written as protobuf has them", () => {
    const frame = encodeFrame("PutRequest", { key: "a", value: Uint8Array.of(1, 2), lease: "96" });
    expect(frame.toString("hex")).toBe("000000000a" + "0a0161" + "12020102" + "189601");
    const negative = encodeFrame("Compare", { version: -1 });
    expect(negative.subarray(5).toString("hex")).toBe("20ffffffffffffffffff01");
    expect(encodeFrame("PutRequest", { lease: "no id" }).subarray(5).toString("hex")).toBe("18ffffffffffffffffff01");
  });

  propTest.prop([kv, fc.array(kv), fc.boolean(), int], { numRuns })(
    "are read as they were written",
    (first, kvs, more, count) => {
      const message = { header: { clusterId: "a", memberId: "", revision: count }, kvs: [first, ...kvs], more, count };
      const read = decodeMessage("RangeResponse", encodeFrame("RangeResponse", message).subarray(5));
      expect(read).toEqual(message);
    },
  );

  test("may have fields that nobody knows", () => {
    const known = encodeFrame("PutRequest", { key: "a" }).subarray(5);
    const unknown = Buffer.from("7a03616263" + "8001ff01" + "8d0100000000" + "91010000000000000000", "hex");
    expect(decodeMessage("PutRequest", Buffer.concat([unknown, known, unknown])).key).toBe("a");
  });

  test("that are none are refused", () => {
    for (const hex of ["0a", "0aff", "0a05616263", "ffffffffffffffffffffff01", "0b"]) {
      expect(() => decodeMessage("PutRequest", Buffer.from(hex, "hex"))).toThrow("no protobuf message");
    }
  });

  propTest.prop([fc.array(fc.uint8Array({ maxLength: 300 })), fc.array(fc.integer({ min: 1, max: 40 }))], { numRuns })(
    "come whole, however the network cuts them",
    (values, cuts) => {
      const sent = values.map((value) => encodeFrame("PutRequest", { value }));
      const stream = Buffer.concat(sent);
      const received: Buffer[] = [];
      const joiner = new FrameJoiner((message) => received.push(message));
      for (let at = 0, turn = 0; at < stream.length; turn += 1) {
        const size = cuts[turn % Math.max(1, cuts.length)] ?? stream.length;
        joiner.push(stream.subarray(at, at + size));
        at += size;
      }
      expect(received.map((each) => each.toString("hex"))).toEqual(
        sent.map((each) => each.subarray(5).toString("hex")),
      );
    },
  );
});

describe("keys under a prefix", () => {
  const key = fc.string({ unit: fc.constantFrom("a", "b", "/", "\u{10ffff}", "\ud7ff"), minLength: 1, maxLength: 4 });
  const range = fc.oneof(
    fc.record({ key }),
    fc.record({ prefix: fc.oneof(key, fc.constant("")) }),
    fc.record({ start: fc.oneof(key, fc.constant("")) }),
    fc.record({ start: key, end: fc.oneof(key, fc.constant(""), fc.constant("\0")) }),
  );
  const bytes = (each: string): Buffer => Buffer.from(each);
  /** As etcd has it. */
  const holds = (etcdKey: string, { key: start, rangeEnd }: { key: string; rangeEnd: string }): boolean => {
    if (rangeEnd === "") return etcdKey === start;
    if (bytes(etcdKey).compare(bytes(start)) < 0) return false;
    return rangeEnd === "\0" || bytes(etcdKey).compare(bytes(rangeEnd)) < 0;
  };

  propTest.prop([fc.constantFrom("", "/p/", "\u{10ffff}"), range, key], { numRuns: runs(5_000) })(
    "a range holds the same keys there as here, and none of others",
    (prefix, wanted, candidate) => {
      const keys = new KeyMapping(prefix);
      const mapped = keys.range(wanted);
      expect(mapped.key).not.toBe("");
      expect(holds(keys.toEtcd(candidate), mapped)).toBe(inRange(candidate, wanted));
      expect(keys.fromEtcd(keys.toEtcd(candidate))).toBe(candidate);
      if (prefix !== "" && !candidate.startsWith(prefix)) expect(holds(candidate, mapped)).toBe(false);
    },
  );
});

describe("urls", () => {
  test("name members, user, files and prefix", () => {
    expect(parseEtcdUrl("etcds://ann:p%40ss@h1,[::1]:4001/?ca=/ca.pem&cert=c&key=k&prefix=/app/")).toEqual({
      endpoints: ["h1:2379", "[::1]:4001"],
      isSecure: true,
      user: "ann",
      password: "p@ss",
      prefix: "/app/",
      files: { ca: "/ca.pem", cert: "c", key: "k" },
    });
    expect(parseEtcdUrl("etcd://h1")).toMatchObject({ endpoints: ["h1:2379"], isSecure: false, user: undefined });
  });

  test.each(["", "http://h1", "etcd://", "etcd://h1:port", "etcd://h1/path", "etcd://h1,,h2", "etcd://u:secret%@h1"])(
    "%j is none, and its error shows no secret",
    (url) => {
      expect(() => parseEtcdUrl(url)).toThrow(/^Expected `url` to be etcd\[s\]:\/\/((?!secret).)*$/);
    },
  );

  test("an unknown parameter is refused", () => {
    expect(() => parseEtcdUrl("etcd://h1?certs=x")).toThrow('got the parameter "certs"');
  });
});

test("capabilities follow the server's version", () => {
  const told = (version: string): readonly boolean[] => {
    const { progress, safeLeaseRevoke, pauseSafe } = capabilitiesOf(version);
    return [progress, safeLeaseRevoke, pauseSafe, isSupported(version)];
  };
  expect(told("3.4.23")).toEqual([false, false, false, false]);
  expect(told("3.4.45")).toEqual([true, true, true, false]);
  expect(told("3.5.13")).toEqual([true, false, false, false]);
  expect(told("3.5.28")).toEqual([true, true, true, true]);
  expect(told("3.6.0")).toEqual([true, false, false, false]);
  expect(told("3.6.9")).toEqual([true, true, true, true]);
  expect(told("3.7.0-rc.1")).toEqual([true, true, true, true]);
  expect(told("unknown")).toEqual([false, false, false, false]);
});
