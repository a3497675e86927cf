import { systemRuntime } from "keelson/core";

/** Whether `promise` has settled once everything has run that can. */
export async function settled(promise: Promise<unknown>): Promise<boolean> {
  let isSettled = false;
  const settle = (): void => {
    isSettled = true;
  };
  promise.then(settle, settle);
  await systemRuntime().yieldNow();
  await systemRuntime().yieldNow();
  return isSettled;
}
