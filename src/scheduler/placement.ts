/**
 * Amounts by resource name, such as `{ cpu: 500, memory: 268_435_456 }`; units are the user's, equal on both sides.
 *
 * @remarks Whole numbers add up exactly; fractions may be refused for a rounding error.
 */
export type Resources = Readonly<Record<string, number>>;

/** Keeps instances off a node unless they tolerate it. */
export interface Taint {
  /** What it is about. */
  readonly key: string;
  /** What is to be said about it. @defaultValue `""` */
  readonly value?: string | undefined;
  /** `NoSchedule` keeps new instances away, `NoExecute` ends running ones too. */
  readonly effect: "NoSchedule" | "NoExecute";
}

/** Lets an instance onto nodes with a matching taint. */
export interface Toleration {
  /** The taint's key; without one, every taint is tolerated. */
  readonly key?: string | undefined;
  /** The taint's value; without one, any value. */
  readonly value?: string | undefined;
  /** The taint's effect; without one, any effect. */
  readonly effect?: "NoSchedule" | "NoExecute" | undefined;
}

/** What is to be placed. */
export interface PlacementRequest {
  /** Names the instance in the decision. */
  readonly instance: string;
  /** What it needs. @defaultValue nothing */
  readonly resources?: Resources | undefined;
  /** Labels that the node must have. @defaultValue none */
  readonly nodeSelector?: Readonly<Record<string, string>> | undefined;
  /** Taints it puts up with. @defaultValue none */
  readonly tolerations?: readonly Toleration[] | undefined;
}

/** A node as a scheduler sees it. */
export interface NodeView {
  /** Its name. */
  readonly name: string;
  /** What it can give in all. */
  readonly allocatable: Resources;
  /** What is taken. @defaultValue nothing */
  readonly allocated?: Resources | undefined;
  /** How many instances it runs. @defaultValue `0` */
  readonly instances?: number | undefined;
  /** What node selectors ask for. @defaultValue none */
  readonly labels?: Readonly<Record<string, string>> | undefined;
  /** What requests must tolerate. @defaultValue none */
  readonly taints?: readonly Taint[] | undefined;
  /** Takes nothing new. @defaultValue `false` */
  readonly unschedulable?: boolean | undefined;
  /** Works. @defaultValue `true` */
  readonly ready?: boolean | undefined;
}

/** What could make an instance schedulable after all. */
export type RetryOn = "node-added" | "node-changed" | "instance-removed";

/** What became of one instance. */
export type Decision =
  | {
      /** It may run. */
      readonly kind: "placed";
      /** Which instance. */
      readonly instance: string;
      /** Where. */
      readonly node: string;
      /** How well the node suits, from 0 to 100. */
      readonly score: number;
    }
  | {
      /** No node will do. */
      readonly kind: "unschedulable";
      /** Which instance. */
      readonly instance: string;
      /** How many nodes were ruled out for each reason. */
      readonly reasons: Readonly<Record<string, number>>;
      /** The same in a sentence, such as `0/2 nodes are available: 2 Insufficient cpu.` */
      readonly message: string;
      /** What to wait for before trying again. */
      readonly retryOn: readonly RetryOn[];
    };

/**
 * Decides where instances run: a pure function of what it is given, one decision per instance, in order. That nothing
 * fits is a decision, not an exception.
 */
export interface Scheduler {
  /** Places each request, taking those before it into account. */
  schedule(request: PlacementRequest | readonly PlacementRequest[], nodes: readonly NodeView[]): Decision[];
}
