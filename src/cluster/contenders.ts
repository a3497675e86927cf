import { shown } from "../core/check.js";
import { checkKey } from "../store/index.js";

/** Parts what is contended for from its contenders, so that one below another does not count among the other's. */
const separator = "/~/";

/**
 * The prefix of the keys of those who contend for `key`.
 *
 * @throws TypeError when `key` is none, or contains what parts it from them.
 * @internal
 */
export function contendersOf(key: string, option = "key"): string {
  checkKey(key, option);
  if (key.includes(separator))
    throw new TypeError(`Expected \`${option}\` not to contain "${separator}", got ${shown(key)}`);
  return key + separator;
}
