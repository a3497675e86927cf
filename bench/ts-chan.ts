import * as library from "ts-chan";

/** A channel of ts-chan's. */
export interface Chan extends AsyncIterable<unknown> {
  send(value: number): Promise<void>;
  recv(): Promise<unknown>;
  trySend(value: number): boolean;
  tryRecv(): unknown;
}

/** A select of ts-chan's, to be used again and again. */
export interface Select {
  readonly cases: readonly unknown[];
  wait(): Promise<number>;
  recv(won: unknown): unknown;
}

interface Library {
  readonly Chan: new (capacity: number) => Chan;
  readonly Select: new (cases: readonly unknown[]) => Select;
  readonly recv: (chan: Chan) => unknown;
}

// Its declarations import each other in a way that `nodenext` does not resolve.
const typed = library as unknown as Library;

export const Chan: Library["Chan"] = typed.Chan;
export const Select: Library["Select"] = typed.Select;
export const recv: Library["recv"] = typed.recv;
