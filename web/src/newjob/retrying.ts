import { ApiError } from "../api/errors";

const WAITS_S = [1, 2, 4, 8, 15, 30] as const;
const LONGEST_S = 30;
/** Not reached; too slow; the server counts differently; somebody else is at it; too many at a time; the server or a proxy is not well. */
const PASSING = new Set([0, 408, 409, 423, 429, 500, 502, 503, 504]);

/** How long to wait, in seconds, before a try after `failures` in a row. */
export function waitAfter(failures: number): number {
  return WAITS_S[Math.max(0, failures - 1)] ?? LONGEST_S;
}

/** Whether the same may work in a moment, without anybody doing something about it. */
export function isPassing(error: Error): boolean {
  return error instanceof ApiError && PASSING.has(error.status);
}
