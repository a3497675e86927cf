import type { StoreCapabilities } from "../store/index.js";
import type { StoreFixture } from "./store-fixture.js";

/** The capabilities that are there or not. */
export type Feature = {
  [K in keyof StoreCapabilities]: StoreCapabilities[K] extends boolean ? K : never;
}[keyof StoreCapabilities];

/** What one test of the suite does; it fails by throwing. */
export type StoreCase = (fixture: StoreFixture) => Promise<void>;

/** Cases about one thing. */
export interface StoreCases {
  readonly title: string;
  /** Features a store must have declared for these to run. */
  readonly needs?: readonly Feature[];
  /** Whether they break the connection to the store. */
  readonly needsProxy?: true;
  /** A feature a store must not have declared: the cases assert that it is refused. */
  readonly lacks?: Feature;
  readonly cases: Readonly<Record<string, StoreCase>>;
}
