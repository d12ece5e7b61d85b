import type { Job } from "../api/documents";
import { nameOfState, standing, titleOf, toneOfState } from "./words";

/** How a job stands: its state, how far it is, and how long it will take. */
export function StateBadge({ job }: { job: Job }) {
  const more = standing(job);
  return (
    <div class="standing">
      <span class={`badge ${toneOfState(job)}`}>{nameOfState(job.status)}</span>{" "}
      {more && <span class="quiet small">{more}</span>}
      {job.status === "running" && (
        <progress value={job.progress} max={1} aria-label={`Progress of ${titleOf(job)}`} />
      )}
    </div>
  );
}
