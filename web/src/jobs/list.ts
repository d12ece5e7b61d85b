import { batch, signal } from "@preact/signals";
import { get } from "../api/client";
import type { Job, JobPage, JobState } from "../api/documents";
import { type JobEvent, watchJobs } from "../api/events";

export interface Wanted {
  page: number;
  perPage: number;
  search: string;
  states: readonly JobState[];
}

const REFRESH_MS = 300;

/** A page of jobs that is kept up to date: by the event stream, and by asking again when jobs come, end or go. */
export class JobList {
  readonly jobs = signal<Job[] | null>(null);
  readonly total = signal(0);
  readonly error = signal<Error | null>(null);

  #wanted: Wanted | null = null;
  #asked = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #unwatch: (() => void) | null = null;

  /** Show other jobs. */
  show(wanted: Wanted): void {
    this.#wanted = wanted;
    void this.refresh();
  }

  /** Follow what happens until `stop`. */
  start(): void {
    this.#unwatch = watchJobs({
      onEvent: (event) => this.#take(event),
      onGap: () => void this.refresh(),
    });
  }

  stop(): void {
    this.#unwatch?.();
    clearTimeout(this.#timer);
  }

  /** Ask again. An answer that another one has overtaken is dropped. */
  async refresh(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#wanted === null) return;
    this.#asked += 1;
    const mine = this.#asked;
    try {
      const page = await get<JobPage>(`jobs?${queryOf(this.#wanted)}`);
      if (mine !== this.#asked) return;
      batch(() => {
        this.jobs.value = page.jobs;
        this.total.value = page.total;
        this.error.value = null;
      });
    } catch (error) {
      if (mine === this.#asked) this.error.value = error as Error;
    }
  }

  #take(event: JobEvent): void {
    const jobs = this.jobs.value ?? [];
    const known = jobs.find((job) => job.id === event.job_id);
    if (event.type === "job.log") return;
    if (known === undefined || event.type !== "job.update" || known.status !== event.status) {
      this.#timer ??= setTimeout(() => void this.refresh(), REFRESH_MS);
    }
    if (known !== undefined) {
      this.jobs.value = jobs.map((job) => (job === known ? moved(job, event) : job));
    }
  }
}

/** The job as an event leaves it. */
export function moved(job: Job, event: JobEvent): Job {
  return {
    ...job,
    status: event.status as JobState,
    progress: event.progress ?? job.progress,
    stage: event.stage,
    eta_seconds: event.eta_seconds,
  };
}

function queryOf(wanted: Wanted): URLSearchParams {
  const query = new URLSearchParams({ page: String(wanted.page), per_page: String(wanted.perPage) });
  if (wanted.search) query.set("search", wanted.search);
  if (wanted.states.length > 0) query.set("status_filter", wanted.states.join(","));
  return query;
}
