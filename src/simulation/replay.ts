import { argv, cwd, env, execArgv } from "node:process";
import { relative } from "node:path";
import { shown } from "../core/check.js";
import { checkFaults } from "./check-faults.js";
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
  const faults = parsed(text) as readonly Fault[];
  checkFaults(faultsVariable, faults);
  return faults;
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    throw new TypeError(`Expected \`${faultsVariable}\` to be a JSON array of faults, got ${shown(json)}`);
  }
}

/** The command that runs it again, as the test runner that runs us has it. */
export function replayCommand(seed: number, faults: readonly Fault[], testName: string | undefined): string {
  const plan = faults.length === 0 ? "" : ` ${faultsVariable}=${quoted(JSON.stringify(faults))}`;
  return `${seedVariable}=${seed}${plan} ${runnerCommand(testName)}`;
}

function runnerCommand(testName: string | undefined): string {
  const pattern = testName === undefined ? undefined : quoted(asPattern(testName));
  const named = pattern === undefined ? "" : ` -t ${pattern}`;
  if (env["VITEST"] !== undefined) return `npx vitest run${named}`;
  if (env["JEST_WORKER_ID"] !== undefined) return `npx jest${named}`;
  const script = argv[1] === undefined ? "" : ` ${word(relative(cwd(), argv[1]))}`;
  const args = argv.slice(2).map((arg) => ` ${word(arg)}`);
  if (env["NODE_TEST_CONTEXT"] === undefined) return `${launcher()}${script}${args.join("")}`;
  return `${launcher()} --test${pattern === undefined ? "" : ` --test-name-pattern=${pattern}`}${script}`;
}

/** What this process was started with: tsx as a command is a node with flags that only it knows. */
function launcher(): string {
  if (execArgv.some((flag) => /[\\/]tsx[\\/]dist[\\/]preflight/.test(flag))) return "npx tsx";
  return ["node", ...new Set(loadingFlags())].join(" ");
}

/** The flags that say how modules are loaded: `node --test` of Node 24 gives its children all others, and some twice. */
function loadingFlags(): readonly string[] {
  return execArgv.flatMap((flag, index) => {
    const [name = "", ...value] = flag.split("=");
    if (!/^(?:--import|--require|-r|--(?:experimental-)?loader|--conditions|-C)$/.test(name)) return [];
    return [`${name} ${word(value.length > 0 ? value.join("=") : (execArgv[index + 1] ?? ""))}`];
  });
}

/** The regular expression, as runners take it, of this very text. */
function asPattern(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

function word(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : quoted(text);
}

/** As one word of a shell, whatever is in it. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
