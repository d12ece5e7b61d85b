import { effect, signal } from "@preact/signals";
import { ask } from "../api/client";
import type { Finding, Validation } from "../api/documents";
import { isSignedIn } from "../api/session";
import { pipelines, recipe } from "./form";

/** What the server says about the options, as they are typed. The newest answer wins. */

const QUIET_MS = 300;

export interface Verdict {
  /** Whether what `errors` and `warnings` say is about what stands in the form now. */
  fresh: boolean;
  errors: readonly Finding[];
  warnings: readonly Finding[];
  /** Why the server could not be asked. */
  problem: Error | null;
}

const NOTHING: Verdict = { fresh: false, errors: [], warnings: [], problem: null };
export const verdict = signal<Verdict>(NOTHING);

let timer: ReturnType<typeof setTimeout> | undefined;
let current: AbortController | null = null;
let newest: Promise<Verdict> = Promise.resolve(NOTHING);

/** Ask now, about what stands there now. Resolves with the answer to the newest question. */
export function check(): Promise<Verdict> {
  clearTimeout(timer);
  current?.abort();
  current = new AbortController();
  newest = answerTo(current);
  return newest;
}

async function answerTo(mine: AbortController): Promise<Verdict> {
  const { config, selected_pipelines } = recipe.peek();
  let found: Verdict;
  try {
    const answer = await ask("config/validate", {
      method: "POST",
      body: { config, selected_pipelines },
      signal: mine.signal,
    });
    const { errors, warnings } = (await answer.json()) as Validation;
    found = { fresh: true, errors, warnings, problem: null };
  } catch (error) {
    if (mine.signal.aborted) return newest;
    found = { ...verdict.peek(), fresh: false, problem: error as Error };
  }
  if (current === mine) verdict.value = found;
  return found;
}

/** What is said about one place of the form; `field` is empty for what is said about a pipeline as a whole. */
export function findingsAt(all: readonly Finding[], pipeline: string, field: string): Finding[] {
  return all.filter((finding) => finding.pipeline === pipeline && finding.field === field);
}

let asked = "";
effect(() => {
  const { config, selected_pipelines } = recipe.value;
  if (pipelines.value === null || !isSignedIn.value) return;
  const question = JSON.stringify([config, selected_pipelines]);
  if (question === asked) return;
  asked = question;
  verdict.value = { ...verdict.peek(), fresh: false };
  clearTimeout(timer);
  timer = setTimeout(() => void check(), QUIET_MS);
});
