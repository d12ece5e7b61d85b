/** A format, and whether a job can be written in it. */
export interface FormatOffer {
  format: string;
  display_name: string;
  description: string;
  applies: boolean;
  reason: string | null;
  hint: string | null;
}

/** A format over several jobs. */
export interface Offer {
  format: string;
  name: string;
  description: string;
  /** For how many of the jobs it applies. */
  applies: number;
  /** Why it does not apply to the others: each reason with the jobs that it is about. */
  reasons: { text: string; hint: string | null; jobs: string[] }[];
}

/** Put together what can be done with each job. The order is that of the server. */
export function offersOf(perJob: ReadonlyMap<string, readonly FormatOffer[]>): Offer[] {
  const offers = new Map<string, Offer>();
  for (const [title, formats] of perJob) {
    for (const one of formats) {
      const offer = offers.get(one.format) ?? {
        format: one.format,
        name: one.display_name,
        description: one.description,
        applies: 0,
        reasons: [],
      };
      offers.set(one.format, offer);
      if (one.applies) {
        offer.applies += 1;
        continue;
      }
      const text = one.reason ?? "It does not apply.";
      const same = offer.reasons.find((reason) => reason.text === text);
      if (same) same.jobs.push(title);
      else offer.reasons.push({ text, hint: one.hint, jobs: [title] });
    }
  }
  return [...offers.values()];
}

/** What could not be exported, and why; `job_id` is empty where it is about the whole. */
export interface ExportProblem {
  job_id: string | null;
  format: string | null;
  code: string;
  message: string;
  hint: string | null;
}

/** An export as it stands. */
export interface ExportState {
  export_id: string;
  status: "waiting" | "running" | "ready" | "failed";
  progress: number;
  problems: ExportProblem[];
  error: ExportProblem | null;
  files: number | null;
  size_bytes: number | null;
  download_url: string | null;
}
