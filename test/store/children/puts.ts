/** Makes so many puts, through so many concurrent callers. */
import { argv } from "node:process";
import { put } from "keelson/store";
import { openStore } from "keelson/store/open";

const [url = "", count = "", callers = ""] = argv.slice(2);
const store = await openStore(url);
await put(store, "/first", "");
let made = 0;
const caller = async (): Promise<void> => {
  while (made < Number(count)) await put(store, `/k${(made += 1)}`, "");
};
await Promise.all(Array.from({ length: Number(callers) }, caller));
await store.close();
