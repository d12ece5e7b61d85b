import { useEffect, useState } from "preact/hooks";
import { get } from "../api/client";
import type { Job, JobPage } from "../api/documents";
import { Problem } from "../components/Problem";
import { useTask } from "../components/task";
import { moment } from "../format";
import { titleOf } from "../jobs/words";
import { go, hrefs } from "../router";

const SHOWN = 100;

/** Choose finished jobs to export: here the newest ones, any others on the page Jobs. */
export function ChooseJobs() {
  const [jobs, setJobs] = useState<Job[] | null>(null);
  const [total, setTotal] = useState(0);
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const load = useTask(async () => {
    const page = await get<JobPage>(`jobs?per_page=${SHOWN}&status_filter=completed`);
    setJobs(page.jobs);
    setTotal(page.total);
  });
  useEffect(() => void load.run(), []);
  if (load.error) return <Problem error={load.error} onRetry={() => void load.run()} />;
  if (jobs === null) return <p class="quiet">Loading …</p>;
  if (jobs.length === 0) return <p>No job has completed yet. Exports are made of completed jobs.</p>;
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        go(hrefs.exports([...chosen]));
      }}
    >
      <fieldset class="choose">
        <legend>Which jobs?</legend>
        {jobs.map((job) => (
          <label key={job.id} class="line">
            <input
              type="checkbox"
              checked={chosen.has(job.id)}
              onInput={(event) => {
                const after = new Set(chosen);
                if (event.currentTarget.checked) after.add(job.id);
                else after.delete(job.id);
                setChosen(after);
              }}
            />
            <span>
              {titleOf(job)} <span class="quiet small">{moment(job.created_at)}</span>
            </span>
          </label>
        ))}
      </fieldset>
      {total > jobs.length && (
        <p class="quiet">
          These are the newest {SHOWN} of {total.toLocaleString("en")}. Search for others on the page{" "}
          <a href={hrefs.jobs({ status: "completed" })}>Jobs</a>, choose them there and press “Export”.
        </p>
      )}
      <button type="submit" class="main" disabled={chosen.size === 0}>
        Go on with {chosen.size === 1 ? "1 job" : `${chosen.size} jobs`}
      </button>
    </form>
  );
}
