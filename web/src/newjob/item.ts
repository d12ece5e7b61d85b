import type { Job } from "../api/documents";

/** What is to be done with a recording. */
export interface Recipe {
  selected_pipelines: string[];
  config: Record<string, Record<string, unknown>>;
  tags: string[];
  overlay: boolean;
}

/**
 * Where a file is on its way:
 * `waiting` for others, `sending`, `broken` off and tried again at `retryAt`, `paused` by the user, `failed` until the user does something,
 * `uploaded`, `making` its job, `made`.
 */
export type Phase = "waiting" | "sending" | "broken" | "paused" | "failed" | "uploaded" | "making" | "made";

/** A file of the list. */
export interface Item {
  readonly key: number;
  readonly path: string;
  readonly size: number;
  /** None of an upload that came completely at an earlier visit. */
  readonly file: File | null;
  readonly phase: Phase;
  readonly sentBytes: number;
  readonly bytesPerSecond: number | null;
  readonly secondsLeft: number | null;
  readonly error: Error | null;
  /** Something worth knowing that is no error. */
  readonly note: string | null;
  /** When it is tried again, in milliseconds of the browser's clock. */
  readonly retryAt: number | null;
  readonly uploadId: string | null;
  /** Set once the user has ordered the job. */
  readonly recipe: Recipe | null;
  readonly job: Job | null;
}

/** Phases in which bytes flow or are about to, or a job is about to be made. */
const AT_WORK: readonly Phase[] = ["waiting", "sending", "broken", "making"];

export function isAtWork(item: Item): boolean {
  return AT_WORK.includes(item.phase);
}

export function newItem(key: number, path: string, size: number, file: File | null): Item {
  return {
    key,
    path,
    size,
    file,
    phase: "waiting",
    sentBytes: 0,
    bytesPerSecond: null,
    secondsLeft: null,
    error: null,
    note: null,
    retryAt: null,
    uploadId: null,
    recipe: null,
    job: null,
  };
}
