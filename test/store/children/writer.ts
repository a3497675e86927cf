/** Writes for ever through one of several concurrent callers, and prints each write once it is acknowledged. */
import { argv, stdout } from "node:process";
import { put } from "keelson/store";
import { openStore } from "keelson/store/open";

const [url = "", name = "", callers = "8"] = argv.slice(2);
const store = await openStore(url);
let next = 0;

async function write(): Promise<never> {
  for (;;) {
    const value = `${name}-${(next += 1)}`;
    const revision = await put(store, `/w/${name}/${next % 50}`, value);
    stdout.write(`${revision} ${value}\n`);
  }
}

await Promise.all(Array.from({ length: Number(callers) }, write));
