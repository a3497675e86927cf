interface Place {
  readonly due: number;
  readonly priority: number;
}

/** What a work queue should do, written for clarity: every question is answered by looking at everything. */
export class QueueModel {
  now = 0;
  readonly waiting: Map<string, Place> = new Map<string, Place>();
  /** Keys in work, and when they are to run again, if at all. */
  readonly running: Map<string, Place | undefined> = new Map<string, Place | undefined>();

  add(key: string, delay: number, priority: number): void {
    const place = { due: this.now + delay, priority };
    const known = this.running.has(key) ? this.running.get(key) : this.waiting.get(key);
    const merged =
      known === undefined
        ? place
        : { due: Math.min(known.due, place.due), priority: Math.max(known.priority, place.priority) };
    (this.running.has(key) ? this.running : this.waiting).set(key, merged);
  }

  /** Keys of which one must be handed out now. */
  candidates(): readonly string[] {
    const ready = [...this.waiting].filter(([, { due }]) => due <= this.now);
    const highest = Math.max(...ready.map(([, { priority }]) => priority));
    return ready.filter(([, { priority }]) => priority === highest).map(([key]) => key);
  }

  take(key: string): void {
    this.waiting.delete(key);
    this.running.set(key, undefined);
  }

  done(key: string): void {
    const again = this.running.get(key);
    this.running.delete(key);
    if (again !== undefined) this.waiting.set(key, again);
  }
}
