import { fullCapabilities } from "../../full-capabilities.js";
import type { StoreCapabilities } from "../../state-store.js";

type Version = readonly [major: number, minor: number, patch: number];

/** For each line of releases, the first that has it right; lines that are not named have it from the start, or never. */
type Since = readonly Version[];

/** Progress tells what was delivered, also to a watch that has nothing to deliver (etcd 15220, 17507). */
const progress: Since = [
  [3, 4, 31],
  [3, 5, 13],
];
/** A lease that was revoked is not renewed by a request on another member. */
const safeLeaseRevoke: Since = [
  [3, 4, 38],
  [3, 5, 23],
  [3, 6, 5],
];
/** A leader that was paused answers no read before it knows that it still leads. */
const pauseSafe: Since = [
  [3, 4, 42],
  [3, 5, 28],
  [3, 6, 9],
];

/** What this driver is written for: the releases without known errors in what it uses. */
const supported: Since = [
  [3, 5, 28],
  [3, 6, 9],
];

/** What a server of that version can do. */
export function capabilitiesOf(version: string): StoreCapabilities {
  return {
    ...fullCapabilities,
    progress: has(version, progress),
    safeLeaseRevoke: has(version, safeLeaseRevoke),
    pauseSafe: has(version, pauseSafe),
  };
}

/** Whether a version is one of those this driver is written for. */
export function isSupported(version: string): boolean {
  return has(version, supported);
}

function has(version: string, since: Since): boolean {
  const match = /^(\d+)\.(\d+)\.(\d+)/.exec(version);
  if (match === null) return false;
  const [major = 0, minor = 0, patch = 0] = match.slice(1).map(Number);
  const line = since.find((first) => first[0] === major && first[1] === minor);
  if (line !== undefined) return patch >= line[2];
  const [newest] = since.slice(-1);
  return newest !== undefined && (major > newest[0] || (major === newest[0] && minor > newest[1]));
}
