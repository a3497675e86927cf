import { fc, test } from "@fast-check/vitest";
import { expect } from "vitest";
import { type Call, atRest } from "./calls.js";
import { runs } from "./deep.js";

/** What a model knows of a call: its state is that of the {@link Call} started with it. */
export interface Wait {
  state: string;
}

/** A model, with its waits in the order of their starts. */
interface Modelled<W extends Wait> {
  readonly waits: readonly W[];
}

/** The real thing, with its calls in the same order. */
interface Called {
  readonly calls: readonly Call[];
}

/** How a model keeps up with what it models. */
export interface ModelRules<W extends Wait, M extends Modelled<W>, R extends Called> {
  /** Does all that can be done after a step. */
  readonly run: (model: M) => void;
  /** Compares what can be seen besides the calls. */
  readonly compare: (model: M, real: R) => void;
  /** What an abort of a parked call changes in the model, besides its state. */
  readonly aborted?: (model: M, wait: W) => void;
}

/** The steps that tests of models have in common, and a way to make others. */
export interface ModelSteps<M extends object, R extends object> {
  /** A step that may be taken where `enabled` says so; after it model and reality are compared. */
  readonly command: (
    name: string,
    run: (model: M, real: R) => void,
    enabled?: (model: M) => boolean,
  ) => fc.AsyncCommand<M, R>;
  /** Aborts a call, parked or over. */
  readonly aborting: fc.Arbitrary<fc.AsyncCommand<M, R>>;
  readonly abortAll: fc.AsyncCommand<M, R>;
}

/** Makes the steps of a model. */
export function modelSteps<W extends Wait, M extends Modelled<W>, R extends Called>({
  run: runModel,
  compare,
  aborted = () => undefined,
}: ModelRules<W, M, R>): ModelSteps<M, R> {
  const command: ModelSteps<M, R>["command"] = (name, run, enabled = () => true) => ({
    check: (model) => enabled(model),
    run: async (model, real) => {
      run(model, real);
      runModel(model);
      await atRest();
      expect(real.calls.map(({ state }) => state)).toEqual(model.waits.map(({ state }) => state));
      compare(model, real);
    },
    toString: () => name,
  });
  const abort = (model: M, real: R, index: number): void => {
    real.calls[index]?.abort();
    const wait = model.waits[index];
    if (wait?.state !== "parked") return;
    wait.state = "aborted";
    aborted(model, wait);
  };
  return {
    command,
    aborting: fc.nat(30).map((at) =>
      command(`abort(${String(at)})`, (model, real) => {
        abort(model, real, model.waits.length === 0 ? 0 : at % model.waits.length);
      }),
    ),
    abortAll: command("abort all", (model, real) => {
      for (const index of model.waits.keys()) abort(model, real, index);
    }),
  };
}

/** What is tested of a model. */
export interface ModelLaws<M extends object, R extends object> {
  /** What holds after every step: the name of the test. */
  readonly law: string;
  /** How many steps there are at most. */
  readonly maxSteps: number;
  readonly step: fc.Arbitrary<fc.AsyncCommand<M, R>>;
  readonly abortAll: fc.AsyncCommand<M, R>;
  /** Of the channel, where it has one. */
  readonly capacity?: fc.Arbitrary<number>;
  readonly setup: (capacity: number) => { readonly model: M; readonly real: R };
}

/** Registers two tests: reality does what the model does, and still does with everything aborted before any one step or after the last. */
export function keepsToModel<M extends object, R extends object>(laws: ModelLaws<M, R>): void {
  const { law, maxSteps, step, abortAll, capacity = fc.constant(1), setup } = laws;

  test.prop([capacity, fc.commands([step], { maxCommands: maxSteps })], { numRuns: runs(1_500) })(
    law,
    async (slots, steps) => {
      await fc.asyncModelRun(() => setup(slots), steps);
    },
  );

  test.prop([capacity, fc.commands([step], { maxCommands: 30 })], { numRuns: runs(150) })(
    "an abort of everything at any step leaves no trace",
    async (slots, commands) => {
      const steps = [...commands];
      for (let at = 0; at <= steps.length; at += 1) {
        await fc.asyncModelRun(() => setup(slots), [...steps.slice(0, at), abortAll, ...steps.slice(at)]);
      }
    },
  );
}
