/**
 * The tests with the stores that need a server. The memory store is the only driver so far and needs none, so this is
 * the ordinary suite with KEELSON_SERVICES set, which a suite that needs a server asks for.
 *
 * @module
 */
import { spawnSync } from "node:child_process";
import { argv, env, exit } from "node:process";

console.log("No driver needs a server yet: only keelson/store/memory exists. Running the ordinary tests.");
const { status } = spawnSync("npm", ["test", "--", ...argv.slice(2)], {
  stdio: "inherit",
  env: { ...env, KEELSON_SERVICES: "1" },
});
exit(status ?? 1);
