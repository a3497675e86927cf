import { isKeelsonError } from "../core/index.js";

/** A write that came too late for its object is as good as one in time. */
export async function ignoreGone(write: Promise<unknown>): Promise<void> {
  try {
    await write;
  } catch (error) {
    if (!isKeelsonError(error, "RESOURCE_NOT_FOUND")) throw error;
  }
}
