import type { Job } from "../api/documents";
import { bytes, duration, moment } from "../format";
import { hrefs } from "../router";
import { actionsFor, JobActions } from "./actions";
import { StateBadge } from "./StateBadge";
import { titleOf } from "./words";

interface Props {
  job: Job;
  chosen: boolean;
  onChoose: (chosen: boolean) => void;
  onDone: () => void;
}

export function JobRow({ job, chosen, onChoose, onDone }: Props) {
  return (
    <tr>
      <td>
        <input
          type="checkbox"
          aria-label={`Choose ${titleOf(job)}`}
          checked={chosen}
          onInput={(event) => onChoose(event.currentTarget.checked)}
        />
      </td>
      <td class="name">
        <a href={hrefs.job(job.id)}>{titleOf(job)}</a>
        <div class="quiet small">
          {[
            job.video_duration_seconds === null ? null : duration(job.video_duration_seconds),
            job.video_size_bytes === null ? null : bytes(job.video_size_bytes),
            job.created_by,
          ]
            .filter(Boolean)
            .join(" · ")}
        </div>
        {job.tags.length > 0 && (
          <div class="tags">
            {job.tags.map((tag) => (
              <a key={tag} class="badge" href={hrefs.jobs({ q: tag })}>
                {tag}
              </a>
            ))}
          </div>
        )}
      </td>
      <td>
        <StateBadge job={job} />
        {job.error_message !== null && (
          <div class="small">
            <div>{job.error_message}</div>
            {job.error?.hint && <div class="quiet">{job.error.hint}</div>}
          </div>
        )}
      </td>
      <td class="when">
        <time dateTime={job.created_at}>{moment(job.created_at)}</time>
      </td>
      <td>
        <JobActions jobs={[job]} actions={actionsFor(job)} onDone={onDone} />
      </td>
    </tr>
  );
}
