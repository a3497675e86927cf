import { fullCapabilities } from "../store/index.js";
import { checkKnown } from "../core/check.js";
import { currentRuntime } from "../core/index.js";
import type { StateStore, StoreCapabilities } from "../store/index.js";
import type { StoreCase, StoreCases } from "./store-case.js";
import { concurrencyCases } from "./store-cases-concurrency.js";
import { connectionCases, connectionLeaseCases, connectionWatchCases } from "./store-cases-connection.js";
import { closingCases, closingLeaseCases } from "./store-cases-closing.js";
import { compactionCases, historyCases, noHistoryCases } from "./store-cases-history.js";
import { honestyCases, ownWriteCases } from "./store-cases-honesty.js";
import { keyCases } from "./store-cases-keys.js";
import { lagCases } from "./store-cases-lag.js";
import { leaseCases, noLeaseCases } from "./store-cases-lease.js";
import { modelCases, watchLoadCases } from "./store-cases-random.js";
import { rangeCases } from "./store-cases-range.js";
import { restartCases, restartHistoryCases, restartLeaseCases, restartWatchCases } from "./store-cases-restart.js";
import { txnCases } from "./store-cases-txn.js";
import { futureWatchCases, noResumeCases, progressCases, resumeCases } from "./store-cases-resume.js";
import { txnWatchCases, watchCases } from "./store-cases-watch.js";
import { type StoreBehindProxy, StoreFixture } from "./store-fixture.js";

/** Tests that do not run, and why. */
export interface StoreConformanceSkip {
  /** What is the matter; it becomes part of the test's name. */
  readonly reason: string;
  /** Names of tests, as `"<group>: <case>"`, or of whole groups. */
  readonly tests: readonly string[];
}

/** What {@link storeConformance} needs. */
export interface StoreConformanceOptions {
  /** Your runner's way to register a test. What is left out is registered too, empty, with the reason in its name. */
  readonly test: (name: string, body: () => Promise<void>) => unknown;
  /**
   * Opens a store for one test, which closes it; it may hold other keys, but nobody else may write to it meanwhile.
   * `name` is the test's own, of lower-case letters, digits and underscores: a test of a `durable` store opens the same
   * name again, and expects the same data.
   */
  readonly open: (name: string) => StateStore | Promise<StateStore>;
  /**
   * Opens the same data through a proxy that the tests break: what becomes of calls whose connection is lost. Left out
   * for a store without connections; give the store a timeout of a second or two. The test closes both.
   */
  readonly openBehindProxy?: (name: string) => StoreBehindProxy | Promise<StoreBehindProxy>;
  /**
   * What differs from a full store: such a feature's tests are left out, and others assert that it is refused.
   *
   * @defaultValue every feature, but `durable`; 128 operations; 1 MiB
   */
  readonly capabilities?: Partial<StoreCapabilities>;
  /** Tests that do not run. A name that is no test is an error, so that the list can't go stale. */
  readonly skip?: readonly StoreConformanceSkip[];
}

/** What is expected where nothing else is declared. */
const full: StoreCapabilities = { ...fullCapabilities, durable: false };

/**
 * Registers the tests that every store passes: what {@link StateStore} guarantees, case by case.
 *
 * @remarks
 * It brings its own assertions and needs no runner in particular. Each test opens a store and uses keys of its own.
 * Tests of leases and progress wait on the runtime: some seconds each, or none under virtual time that advances by
 * itself.
 * @throws TypeError when `skip` names a test that does not exist.
 *
 * @example
 * ```ts
 * import { storeConformance } from "keelson/testing";
 * import { memoryStore } from "keelson/store/memory";
 *
 * const tests = new Map<string, () => Promise<void>>();
 * storeConformance({ test: (name, body) => tests.set(name, body), open: () => memoryStore() });
 * tests.size > 100 // => true
 * await tests.get("keys: a put is read back")?.();
 * ```
 */
export function storeConformance(options: StoreConformanceOptions): void {
  const { test, open, openBehindProxy, capabilities = {}, skip = [] } = options;
  checkKnown("options", options, { test, open, openBehindProxy, capabilities, skip });
  checkKnown("capabilities", capabilities, full);
  const declared: StoreCapabilities = { ...full, ...capabilities };
  const groups = groupsOf(declared);
  checkSkips(groups, skip);
  let opened = 0;
  for (const { title, cases, needs = [], needsProxy = false } of groups) {
    const lacking = needs.find((feature) => !declared[feature]);
    if (lacking !== undefined || (needsProxy && openBehindProxy === undefined)) {
      const why = lacking === undefined ? "no `openBehindProxy` was given" : `it declares no \`${lacking}\``;
      test(`${title}: ${Object.keys(cases).length} cases (skipped: ${why})`, () => Promise.resolve());
      continue;
    }
    for (const [name, body] of Object.entries(cases)) {
      const fullName = `${title}: ${name}`;
      const reason = skip.find(({ tests }) => tests.includes(fullName) || tests.includes(title))?.reason;
      if (reason !== undefined) {
        test(`${fullName} (skipped: ${reason})`, () => Promise.resolve());
        continue;
      }
      opened += 1;
      const place = { name: `case_${opened}`, prefix: `/conformance/${currentRuntime().id()}/${opened}/` };
      test(fullName, () => runCase(options, place, body));
    }
  }
}

async function runCase(
  { open, openBehindProxy }: StoreConformanceOptions,
  { name, prefix }: { readonly name: string; readonly prefix: string },
  body: StoreCase,
): Promise<void> {
  const closing: (() => PromiseLike<void>)[] = [];
  const openAgain = async (): Promise<StateStore> => {
    const store = await open(name);
    closing.push(() => store.close());
    return store;
  };
  const openFar = async (): Promise<StoreBehindProxy> => {
    if (openBehindProxy === undefined) throw new TypeError("Expected `openBehindProxy`");
    const far = await openBehindProxy(name);
    closing.push(
      () => far.proxy[Symbol.asyncDispose](),
      () => far.store.close(),
    );
    return far;
  };
  try {
    const fixture = new StoreFixture(await openAgain(), prefix, openAgain, openFar);
    await body(fixture).finally(() => fixture.end());
  } finally {
    for (const close of closing.reverse()) await close();
  }
}

/** Those that apply to a store of these capabilities, and those that it is too poor for. */
function groupsOf(declared: StoreCapabilities): readonly StoreCases[] {
  const groups = [
    honestyCases(declared),
    ownWriteCases,
    keyCases,
    rangeCases,
    txnCases,
    modelCases,
    concurrencyCases,
    historyCases,
    noHistoryCases,
    compactionCases,
    watchCases,
    txnWatchCases,
    resumeCases,
    noResumeCases,
    progressCases,
    futureWatchCases,
    watchLoadCases,
    lagCases,
    leaseCases,
    noLeaseCases,
    connectionCases,
    connectionWatchCases,
    connectionLeaseCases,
    restartCases,
    restartHistoryCases,
    restartWatchCases,
    restartLeaseCases,
    closingCases,
    closingLeaseCases,
  ];
  return groups.filter(({ lacks }) => lacks === undefined || !declared[lacks]);
}

function checkSkips(groups: readonly StoreCases[], skip: readonly StoreConformanceSkip[]): void {
  const known = new Set(
    groups.flatMap(({ title, cases }) => [title, ...Object.keys(cases).map((name) => `${title}: ${name}`)]),
  );
  const unknown = skip.flatMap(({ tests }) => tests).find((name) => !known.has(name));
  if (unknown !== undefined)
    throw new TypeError(`Expected \`skip\` to name tests of the suite, got ${JSON.stringify(unknown)}`);
}
