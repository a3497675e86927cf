import { AmbiguousResultError, NotAppliedError, StoreError, StoreUnavailableError } from "../../errors.js";
import type { Writer } from "./connections.js";
import type { StoreReach } from "./key-reads.js";
import { isDoubtful, toStoreError } from "./sqlite-errors.js";

/** Something to be done in a transaction of the database. */
export interface WriteJob {
  /** May throw one of the store's errors, as a rule before it has changed anything. */
  run(writer: Writer): unknown;
}

/** What became of a job. */
export type WriteOutcome = { readonly value: unknown } | { readonly error: StoreError };

/** From where to where a transaction of the database has brought the store; nobody else's came in between. */
export interface Advance {
  readonly from: StoreReach;
  readonly to: StoreReach;
}

/** What became of jobs that ran together. */
export interface GroupOutcome {
  readonly outcomes: readonly WriteOutcome[];
  /** Absent where they were not committed together, once. */
  readonly advance?: Advance;
}

/**
 * Runs jobs in one transaction of the database, so that they share its way to the disk; each has a revision and an
 * outcome of its own. Throws if the lock is held by somebody else: then no job has run.
 *
 * @remarks
 * Nothing is done to take back the changes of one job alone, as savepoints would: they copy each page that is changed
 * once more for each job. If one fails amid its changes, which takes a revision of a million keys or a full disk, all of
 * them are rolled back and each tries for itself.
 */
export function runGroup(writer: Writer, jobs: () => readonly WriteJob[]): GroupOutcome {
  writer.begin.run();
  const begun = jobs();
  const outcome = runBegun(writer, begun);
  if (outcome !== undefined) return outcome;
  // Something is wrong with the database, as when it is full: each has to try for itself.
  return { outcomes: begun.map((job) => runAlone(writer, job)) };
}

/** `undefined`: all of it was rolled back, and more than one job was in it. */
function runBegun(writer: Writer, jobs: readonly WriteJob[]): GroupOutcome | undefined {
  const { txns } = writer;
  const failed = (error: StoreError): GroupOutcome => ({ outcomes: jobs.map(() => ({ error })) });
  let group: GroupOutcome;
  try {
    txns.begin();
    const from = txns.reach;
    const outcomes = jobs.map((job) => runJob(writer, job));
    txns.finish();
    group = { outcomes, advance: { from, to: txns.reach } };
  } catch (error) {
    rollBack(writer);
    return jobs.length > 1 ? undefined : failed(notApplied(error));
  }
  try {
    writer.commit.run();
    return group;
  } catch (error) {
    rollBack(writer);
    if (isDoubtful(error)) return failed(doubtful(error));
    return jobs.length > 1 ? undefined : failed(notApplied(error));
  }
}

/** Throws unless it changed nothing, or all it had to. */
function runJob(writer: Writer, job: WriteJob): WriteOutcome {
  try {
    return { value: job.run(writer) };
  } catch (error) {
    if (!(error instanceof StoreError) || writer.txns.isAmidRevision) throw error;
    return { error };
  }
}

function runAlone(writer: Writer, job: WriteJob): WriteOutcome {
  try {
    writer.begin.run();
  } catch (error) {
    return { error: notApplied(error) };
  }
  return runBegun(writer, [job])?.outcomes[0] ?? { error: new NotAppliedError("SQLite rolled the transaction back") };
}

/** SQLite may have rolled back by itself. */
function rollBack({ database }: Writer): void {
  try {
    database.exec("ROLLBACK");
  } catch {
    // there was nothing left to roll back
  }
}

function notApplied(error: unknown): StoreError {
  const known = toStoreError(error);
  return known instanceof StoreUnavailableError ? new NotAppliedError(known.message) : known;
}

function doubtful(error: unknown): StoreError {
  return new AmbiguousResultError(`SQLite could not write a commit to the disk: ${toStoreError(error).message}`);
}
