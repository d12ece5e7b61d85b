import { useCallback, useEffect, useState } from "preact/hooks";
import { get } from "../../api/client";
import type { Job, Results } from "../../api/documents";
import { watchJobs } from "../../api/events";
import { announce } from "../../components/Announcer";
import { useTask } from "../../components/task";
import { isOver } from "../../jobs/words";

export interface Loaded {
  job: Job;
  /** Of a job that has ended. */
  results: Results | null;
}

/** A job as it stands now: it is watched until it has ended. */
export function useJob(jobId: string) {
  const [loaded, setLoaded] = useState<Loaded | null>(null);
  const path = `jobs/${encodeURIComponent(jobId)}`;
  const task = useTask(async () => {
    const job = await get<Job>(path);
    setLoaded({ job, results: isOver(job) ? await get<Results>(`${path}/results`) : null });
  });
  const reload = useCallback(() => void task.run(), [task.run]);
  useEffect(reload, [jobId]);
  const watching = loaded !== null && !isOver(loaded.job);
  useEffect(() => {
    if (!watching) return;
    return watchJobs({
      jobId,
      onEvent: (event) => {
        if (event.type === "job.update") setLoaded((before) => before && updated(before, event));
        else if (event.type !== "job.log") {
          announce("The job has ended.");
          reload();
        }
      },
      onGap: reload,
    });
  }, [jobId, watching]);
  return { loaded, error: task.error, reload };
}

type Update = Pick<Job, "stage" | "eta_seconds"> & { status: string; progress: number | null };

function updated(before: Loaded, event: Update): Loaded {
  const { status, progress, stage, eta_seconds } = event;
  const job = {
    ...before.job,
    status: status as Job["status"],
    progress: progress ?? before.job.progress,
    stage,
    eta_seconds,
  };
  return isOver(job) ? before : { ...before, job };
}
