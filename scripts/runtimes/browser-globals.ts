/**
 * What the tests get in a browser for globals of Node's; the code that they test never sees it.
 *
 * @module
 */

/** Runs `fn` in a turn of the loop of its own. */
export function setImmediate(fn: () => void): void {
  const { port1, port2 } = new MessageChannel();
  port1.addEventListener("message", () => {
    port1.close();
    fn();
  });
  port1.start();
  port2.postMessage(undefined);
}

type Listener = (reason: unknown) => void;
const page = globalThis as unknown as EventTarget;
const listeners = new Map<Listener, (rejection: Event) => void>();

/** Tells of unhandled rejections, as Node's does; a browser prints no warnings of too many listeners. */
export const process: { on(event: string, listener: Listener): void; off(event: string, listener: Listener): void } = {
  on(event, listener) {
    const heard = (rejection: Event): void => {
      listener((rejection as Event & { readonly reason: unknown }).reason);
    };
    listeners.set(listener, heard);
    page.addEventListener(event.toLowerCase(), heard);
  },
  off(event, listener) {
    const heard = listeners.get(listener);
    if (heard !== undefined) page.removeEventListener(event.toLowerCase(), heard);
  },
};
