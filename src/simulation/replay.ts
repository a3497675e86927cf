import { argv, cwd, env } from "node:process";
import { relative } from "node:path";
import type { Fault } from "./faults.js";

const seedVariable = "KEELSON_SIM_SEED";
const faultsVariable = "KEELSON_SIM_FAULTS";

/** The seed to replay, if one is asked for. */
export function seedToReplay(): number | undefined {
  const text = env[seedVariable];
  if (text === undefined || text === "") return undefined;
  const seed = Number(text);
  if (Number.isSafeInteger(seed) && seed >= 0) return seed;
  throw new RangeError(`Expected ${seedVariable} to be an integer of at least 0, got ${JSON.stringify(text)}`);
}

/** The plan of faults to replay, if one is asked for. */
export function faultsToReplay(): readonly Fault[] | undefined {
  const text = env[faultsVariable];
  if (text === undefined || text === "") return undefined;
  try {
    const faults: unknown = JSON.parse(text);
    if (Array.isArray(faults)) return faults as readonly Fault[];
  } catch {
    // said below
  }
  throw new TypeError(`Expected ${faultsVariable} to be a JSON array of faults`);
}

/** The command that runs it again, as the test runner that runs us has it. */
export function replayCommand(seed: number, faults: readonly Fault[], testName: string | undefined): string {
  const plan = faults.length === 0 ? "" : ` ${faultsVariable}='${JSON.stringify(faults)}'`;
  return `${seedVariable}=${seed}${plan} ${runnerCommand(testName)}`;
}

function runnerCommand(testName: string | undefined): string {
  const quoted = testName === undefined ? "" : ` ${JSON.stringify(testName)}`;
  if (env["VITEST"] !== undefined) return quoted === "" ? "npx vitest run" : `npx vitest run -t${quoted}`;
  if (env["JEST_WORKER_ID"] !== undefined) return quoted === "" ? "npx jest" : `npx jest -t${quoted}`;
  const script = argv[1] === undefined ? "" : ` ${relative(cwd(), argv[1])}`;
  if (env["NODE_TEST_CONTEXT"] !== undefined) {
    return `node --test${quoted === "" ? "" : ` --test-name-pattern=${quoted.trim()}`}${script}`;
  }
  return `${script.endsWith(".ts") ? "npx tsx" : "node"}${script}`;
}
