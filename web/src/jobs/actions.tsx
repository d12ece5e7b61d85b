import { useState } from "preact/hooks";
import { post, remove } from "../api/client";
import type { Job } from "../api/documents";
import { announce } from "../components/Announcer";
import { Confirm } from "../components/Dialog";
import { Problem } from "../components/Problem";
import { useTask } from "../components/task";
import { plural } from "../format";
import { canRetry, isOver, titleOf } from "./words";

export type Action = "cancel" | "retry" | "delete";

const WORDS: Record<Action, { name: string; done: string; sure: string }> = {
  cancel: {
    name: "Cancel",
    done: "cancelled",
    sure: "What was computed so far is thrown away. The recording stays, and the job can be tried again.",
  },
  retry: { name: "Try again", done: "tried again", sure: "" },
  delete: {
    name: "Delete",
    done: "deleted",
    sure: "The uploaded recording, all results and corrections are removed for good. A recording that was submitted by its path on the server stays.",
  },
};

export function actionsFor(job: Job): Action[] {
  const found: Action[] = [];
  if (job.status === "pending" || job.status === "running") found.push("cancel");
  if (canRetry(job)) found.push("retry");
  if (isOver(job)) found.push("delete");
  return found;
}

/** Do one thing with a job; gives the id of the job that came of trying again. */
export async function act(action: Action, job: Job): Promise<string | null> {
  if (action === "cancel") await post(`jobs/${job.id}/cancel`, { reason: "cancelled in the web app" });
  else if (action === "delete") await remove(`jobs/${job.id}`);
  else {
    const body = { only_failed: job.status === "completed" };
    return (await post<Job>(`jobs/${job.id}/retry`, body)).id;
  }
  return null;
}

interface Props {
  jobs: readonly Job[];
  actions: readonly Action[];
  onDone: (made: string | null) => void;
}

/** Buttons for what can be done with these jobs; asks before anything is lost. */
export function JobActions({ jobs, actions, onDone }: Props) {
  const [asked, setAsked] = useState<Action | null>(null);
  const task = useTask(async (action: Action) => {
    let made: string | null = null;
    for (const job of jobs.filter((job) => actionsFor(job).includes(action))) made = await act(action, job);
    setAsked(null);
    announce(`${plural(jobs.length, "job")} ${WORDS[action].done}.`);
    onDone(made);
  });
  const about = jobs.length === 1 && jobs[0] ? `“${titleOf(jobs[0])}”` : plural(jobs.length, "job");
  return (
    <>
      <span class="actions">
        {actions.map((action) => (
          <button
            key={action}
            type="button"
            class="small"
            disabled={task.busy}
            aria-label={`${WORDS[action].name} ${about}`}
            onClick={() => (action === "retry" ? void task.run(action) : setAsked(action))}
          >
            {WORDS[action].name}
          </button>
        ))}
      </span>
      {task.error && asked === null && <Problem error={task.error} />}
      {asked && (
        <Confirm
          title={`${WORDS[asked].name} ${about}?`}
          action={WORDS[asked].name}
          busy={task.busy}
          onConfirm={() => void task.run(asked)}
          onClose={() => {
            task.clear();
            setAsked(null);
          }}
        >
          <p>{WORDS[asked].sure}</p>
          {task.error && <Problem error={task.error} />}
        </Confirm>
      )}
    </>
  );
}
