import { argv } from "node:process";
import { simulate } from "keelson/simulation";

const failed = await simulate({ seed: 3 }, () => {
  throw new Error(argv.slice(2).join(" and "));
}).catch((error: unknown) => error);
console.log(String(failed));
