import type { Job } from "../../api/documents";
import { duration, moment, percent } from "../../format";
import { JobActions } from "../../jobs/actions";

/** How a job stands that has not ended, and the way to end it. */
export function Progress({ job, onChange }: { job: Job; onChange: () => void }) {
  return (
    <section class="card" aria-label="Progress">
      <p role="status">{words(job)}</p>
      <progress aria-label="Progress" max={1} value={job.progress} />
      <p class="quiet">
        {percent(job.progress)}
        {job.eta_seconds !== null && ` · about ${duration(job.eta_seconds)} left`}
      </p>
      {job.warnings.map((warning) => (
        <p class="notice" key={`${warning.pipeline}/${warning.field}/${warning.code}`}>
          {warning.message} {warning.hint}
        </p>
      ))}
      {job.status === "cancelling" ? (
        <p class="quiet">Its processes are being ended.</p>
      ) : (
        <JobActions jobs={[job]} actions={["cancel"]} onDone={onChange} />
      )}
    </section>
  );
}

function words(job: Job): string {
  if (job.status === "cancelling") return "The job is being cancelled.";
  if (job.status === "running") return job.stage ? `Running: ${job.stage}` : "Running";
  if (job.next_attempt_at !== null) {
    return `Waiting for attempt ${job.retry_count + 1}, from ${moment(job.next_attempt_at)} on. ${job.error_message ?? ""}`;
  }
  return job.queue_position === null
    ? "Waiting for a worker"
    : `Waiting: number ${job.queue_position} in the queue`;
}
