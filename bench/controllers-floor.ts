/** The least code that does a controller's job: what its queue and its loop are held against. */

/** Adds, takes and finishes keys: a Map for what waits, an array for whose turn it is. */
export class FloorQueue {
  readonly #waiting = new Map<string, true>();
  #ready: string[] = [];
  #next = 0;

  add(key: string): void {
    if (this.#waiting.has(key)) return;
    this.#waiting.set(key, true);
    this.#ready.push(key);
  }

  get(): string | undefined {
    const key = this.#ready[this.#next];
    if (key === undefined) return undefined;
    this.#next += 1;
    if (this.#next === this.#ready.length) {
      this.#ready = [];
      this.#next = 0;
    }
    this.#waiting.delete(key);
    return key;
  }
}

/** Runs every key that was added through `reconcile`, `workers` at a time, none twice at once. */
export async function floorLoop(
  queue: FloorQueue,
  workers: number,
  reconcile: (context: { readonly key: string; readonly attempt: number }) => Promise<void>,
): Promise<void> {
  const processing = new Set<string>();
  const work = async (): Promise<void> => {
    for (let key = queue.get(); key !== undefined; key = queue.get()) {
      processing.add(key);
      await reconcile({ key, attempt: 0 });
      processing.delete(key);
    }
  };
  await Promise.all(Array.from({ length: workers }, work));
}
