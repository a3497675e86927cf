import { type Entry, writtenEntryPoints } from "../../scripts/entries.js";
import { type Surface, loadSurface } from "../../scripts/surface.js";

/** The entry points that are written. */
export const entries: readonly Entry[] = writtenEntryPoints();

/** What they offer, loaded once for all tests that ask. */
export const surface: Surface = loadSurface(entries.map(({ source }) => source));
