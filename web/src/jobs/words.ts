import type { Job, JobState } from "../api/documents";
import { duration, moment, percent, shown } from "../format";

const NAMES: Record<JobState, string> = {
  pending: "Waiting",
  running: "Running",
  cancelling: "Being cancelled",
  completed: "Completed",
  failed: "Failed",
  cancelled: "Cancelled",
};

export function nameOfState(state: JobState): string {
  return NAMES[state] ?? state;
}

export function toneOfState(job: Job): "" | "good" | "bad" | "warn" {
  if (job.status === "completed") return job.error_message === null ? "good" : "warn";
  return job.status === "failed" ? "bad" : "";
}

/** How the job stands, in a few words behind its state. */
export function standing(job: Job): string {
  switch (job.status) {
    case "pending":
      if (job.next_attempt_at !== null) return `tried again at ${moment(job.next_attempt_at)}`;
      return job.queue_position === null
        ? ""
        : job.queue_position === 1
          ? "next in line"
          : `number ${job.queue_position} in line`;
    case "running": {
      const left = job.eta_seconds === null ? "" : `, about ${duration(job.eta_seconds)} left`;
      return `${percent(job.progress)} ${job.stage ?? ""}${left}`.trim();
    }
    case "cancelling":
      return "its processes are being ended";
    case "completed":
      return job.error_message === null ? "" : "not everything went well";
    default:
      return "";
  }
}

/** What the recording is called; its id where the client gave no name. */
export function titleOf(job: Job): string {
  return shown(job.video_filename?.trim() || job.id);
}

export function isOver(job: Job): boolean {
  return job.status === "completed" || job.status === "failed" || job.status === "cancelled";
}

/** Whether some of its pipelines could be tried again. */
export function canRetry(job: Job): boolean {
  return (
    job.status === "failed" ||
    job.status === "cancelled" ||
    (job.status === "completed" && job.success_rate < 1)
  );
}
