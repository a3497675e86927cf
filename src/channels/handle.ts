type Inspect = (value: unknown, options: unknown) => string;

/**
 * One end of a channel.
 *
 * @internal
 */
export abstract class Handle<S extends object> {
  readonly state: S;

  static {
    // Defined here and not as a member: declarations of exported classes may not have such a key.
    Object.defineProperty(this.prototype, Symbol.for("nodejs.util.inspect.custom"), {
      value(this: Handle<object>, _depth: number, options: unknown, inspect: Inspect): string {
        const [name, fields] = this.shown();
        return `${name} ${inspect(fields, options)}`;
      },
    });
  }

  constructor(state: S) {
    this.state = state;
  }

  /** Whether both belong to one channel. */
  sameChannel(other: object): boolean {
    return other instanceof Handle && other.state === this.state;
  }

  /** What `console.log` shows of it. */
  protected abstract shown(): readonly [name: string, fields: object];
}
