/**
 * Tokio's methods and where they are here: the data behind `guides/tokio-methods.md`. Models are tokio 1.53,
 * tokio-util 0.7 and tokio-stream 0.1. A test looks up every member on the public surface.
 *
 * @module
 */

import { channelMethods } from "./channels.js";
import type { Section } from "./method.js";
import { syncMethods } from "./sync.js";
import { taskMethods } from "./tasks.js";
import { timeMethods } from "./time.js";

/** All of it, in the order of the guide. */
export const sections: readonly Section[] = [...channelMethods, ...syncMethods, ...timeMethods, ...taskMethods];
