import mitt from "mitt";

/** What goes with a signal, by name; never secrets. */
export type SignalPayload = Readonly<Record<string, unknown>>;

/**
 * A runtime's bus: what its parts tell observers they do not know, such as a console, an MCP server or a test.
 *
 * @remarks
 * Names are `"<part>:<past tense>"`, such as `"task:failed"`. Nothing in keelson decides anything by a signal.
 * A listener that throws stops neither the sender nor the other listeners; its error goes to the runtime's `report`.
 */
export interface Signals {
  /** Tells everyone who listens to `name` or to `"*"`. */
  emit(name: string, payload: SignalPayload): void;
  /** Listens to one name, or to everything with `"*"`; disposing what it returns ends that. */
  on(name: string, listener: (payload: SignalPayload, name: string) => void): Disposable;
  /** Whether anyone would hear `name`. */
  hasListeners(name: string): boolean;
}

// Under `nodenext` mitt's default import is typed as the module, not as the function that it is.
const create = mitt as unknown as typeof mitt.default;

/**
 * Makes a bus.
 *
 * @internal
 */
export function createSignals(onError: (error: unknown) => void): Signals {
  const bus = create<Record<string, SignalPayload>>();
  return {
    emit: (name, payload) => {
      bus.emit(name, payload);
    },
    on(name, listener) {
      // The bus hands `"*"` the name first, and the payload alone to the others.
      const heard = (first: unknown, second?: unknown): void => {
        try {
          if (name === "*") listener(second as SignalPayload, first as string);
          else listener(first as SignalPayload, name);
        } catch (error) {
          onError(error);
        }
      };
      bus.on(name, heard);
      return {
        [Symbol.dispose]: () => {
          bus.off(name, heard);
        },
      };
    },
    hasListeners: (name) => [name, "*"].some((key) => bus.all.get(key)?.length),
  };
}
