import { useState } from "preact/hooks";
import { post } from "../../api/client";
import type { Job } from "../../api/documents";
import { announce } from "../../components/Announcer";
import { Confirm } from "../../components/Dialog";
import { Problem } from "../../components/Problem";
import { useTask } from "../../components/task";
import { duration, moment, percent } from "../../format";

/** How a job stands that has not ended, and the way to end it. */
export function Progress({ job, onChange }: { job: Job; onChange: () => void }) {
  const [asking, setAsking] = useState(false);
  const cancel = useTask(async () => {
    await post(`jobs/${encodeURIComponent(job.id)}/cancel`);
    announce("The job is cancelled.");
    onChange();
  });
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
      {cancel.error && <Problem error={cancel.error} onRetry={() => void cancel.run()} />}
      <p class="actions">
        <button
          type="button"
          disabled={cancel.busy || job.status === "cancelling"}
          onClick={() => setAsking(true)}
        >
          {cancel.busy || job.status === "cancelling" ? "Cancelling …" : "Cancel this job"}
        </button>
      </p>
      {asking && (
        <Confirm
          title="Cancel this job?"
          action="Cancel the job"
          onConfirm={() => {
            setAsking(false);
            void cancel.run();
          }}
          onClose={() => setAsking(false)}
        >
          <p>
            What has been computed so far is thrown away. The recording stays, and the job can be tried again.
          </p>
        </Confirm>
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
