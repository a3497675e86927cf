const missing: ReadonlySet<unknown> = new Set(["ENOENT", "ENOTDIR", "ESRCH"]);

/**
 * What is read, or `undefined` where there is nothing to be read.
 *
 * @remarks Any other failure, as when too many files are open, says nothing about what is there, and is thrown.
 * @internal
 */
export async function ifThere<T>(reading: Promise<T>): Promise<T | undefined> {
  try {
    return await reading;
  } catch (error) {
    if (missing.has((error as NodeJS.ErrnoException).code)) return undefined;
    throw error;
  }
}
