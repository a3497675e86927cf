/** Writes once and leaves the store open. */
import { argv } from "node:process";
import { put } from "keelson/store";
import { openStore } from "keelson/store/open";

const store = await openStore(argv[2] ?? "");
console.log(await put(store, "/a", "1"));
