import { argv, cwd, env } from "node:process";
import { relative } from "node:path";

/** The environment variable that holds the seed to replay. */
export const seedVariable = "KEELSON_SIM_SEED";

/** The seed to replay, if one is asked for. */
export function seedToReplay(): number | undefined {
  const text = env[seedVariable];
  if (text === undefined || text === "") return undefined;
  const seed = Number(text);
  if (Number.isSafeInteger(seed) && seed >= 0) return seed;
  throw new RangeError(`Expected ${seedVariable} to be an integer of at least 0, got ${JSON.stringify(text)}`);
}

/** The command that runs it again, as the test runner that runs us has it. */
export function replayCommand(seed: number, testName: string | undefined): string {
  return `${seedVariable}=${seed} ${runnerCommand(testName)}`;
}

function runnerCommand(testName: string | undefined): string {
  const quoted = testName === undefined ? "" : ` ${JSON.stringify(testName)}`;
  if (env["VITEST"] !== undefined) return quoted === "" ? "npx vitest run" : `npx vitest run -t${quoted}`;
  if (env["JEST_WORKER_ID"] !== undefined) return quoted === "" ? "npx jest" : `npx jest -t${quoted}`;
  const script = argv[1] === undefined ? "" : ` ${relative(cwd(), argv[1])}`;
  if (env["NODE_TEST_CONTEXT"] !== undefined) {
    return `node --test${quoted === "" ? "" : ` --test-name-pattern=${quoted.trim()}`}${script}`;
  }
  return `node${script}`;
}
