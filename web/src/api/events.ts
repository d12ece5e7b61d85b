import { addressOf } from "./address";
import { key } from "./session";

/** What an event of the stream says about a job. */
export interface JobEvent {
  type: "job.update" | "job.log" | "job.complete" | "job.error" | "job.cancelled";
  job_id: string;
  status: string;
  progress: number | null;
  stage: string | null;
  eta_seconds: number | null;
}

export interface Watch {
  /** Of one job; of all of them when left out. */
  jobId?: string;
  onEvent: (event: JobEvent) => void;
  /** Look again at everything: events may have been missed. */
  onGap: () => void;
}

const TYPES = ["job.update", "job.log", "job.complete", "job.error", "job.cancelled"] as const;
const POLL_MS = 3000;
const TRIES_BEFORE_POLLING = 3;
/** How long it polls before it tries the stream again. */
const POLLS_BEFORE_STREAM = 20;

/**
 * Watch jobs until the returned function is called: by the event stream, or by polling where streams do not get through.
 * While the page is hidden nothing is open; when it is shown again, `onGap` is called.
 */
export function watchJobs(watch: Watch): () => void {
  let source: EventSource | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let failures = 0;
  let ended = false;

  const stop = () => {
    source?.close();
    source = null;
    clearTimeout(timer);
  };
  const stream = () => {
    const query = new URLSearchParams();
    if (key.value !== null) query.set("token", key.value);
    if (watch.jobId !== undefined) query.set("job_id", watch.jobId);
    source = new EventSource(`${addressOf("events/stream")}?${query}`);
    source.onopen = () => {
      if (failures > 0) watch.onGap();
      failures = 0;
    };
    for (const type of TYPES) {
      source.addEventListener(type, (message) => {
        watch.onEvent({ ...(JSON.parse((message as MessageEvent<string>).data) as JobEvent), type });
      });
    }
    source.onerror = () => {
      failures += 1;
      if (source?.readyState === EventSource.CLOSED || failures >= TRIES_BEFORE_POLLING) {
        stop();
        poll(POLLS_BEFORE_STREAM);
      }
    };
  };
  const poll = (left: number) => {
    timer = setTimeout(() => {
      watch.onGap();
      if (left > 0) poll(left - 1);
      else stream();
    }, POLL_MS);
  };
  const onVisibility = () => {
    stop();
    if (document.hidden || ended) return;
    watch.onGap();
    stream();
  };

  document.addEventListener("visibilitychange", onVisibility);
  if (!document.hidden) stream();
  return () => {
    ended = true;
    document.removeEventListener("visibilitychange", onVisibility);
    stop();
  };
}
