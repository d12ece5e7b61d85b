import { useEffect, useState } from "preact/hooks";
import { download, get, remove } from "../api/client";
import { announce } from "../components/Announcer";
import { Problem } from "../components/Problem";
import { useTask } from "../components/task";
import { bytes, percent, plural, shown } from "../format";
import type { ExportProblem, ExportState } from "./documents";

const LOOK_MS = 700;

interface Props {
  /** As the server answered when it was asked for. */
  begun: ExportState;
  titles: ReadonlyMap<string, string>;
  onGone: () => void;
}

/** An export while it is made, and its archive when it is ready. */
export function ExportRun({ begun, titles, onGone }: Props) {
  const [state, setState] = useState(begun);
  const over = state.status === "ready" || state.status === "failed";
  const look = useTask(async () => setState(await get<ExportState>(`exports/${begun.export_id}`)));
  const save = useTask(() => download(`exports/${begun.export_id}/download`, "videoannotator-export.zip"));
  const stop = useTask(async () => {
    await remove(`exports/${begun.export_id}`);
    onGone();
  });
  useEffect(() => {
    if (over || look.error) return;
    const timer = setTimeout(() => void look.run(), LOOK_MS);
    return () => clearTimeout(timer);
  }, [state, over, look.error]);
  useEffect(() => {
    if (state.status === "ready") announce("The export is ready.");
    if (state.status === "failed") announce("The export has failed.");
  }, [state.status]);
  return (
    <section class="card" aria-labelledby="export">
      <h2 id="export">{over ? "Export" : "Being exported"}</h2>
      {look.error && <Problem error={look.error} onRetry={() => void look.run()} />}
      {!over && (
        <>
          <progress value={state.progress} max={1} aria-label="Progress of the export" />
          <p class="quiet small">
            {state.status === "waiting" ? "Waiting for other exports" : percent(state.progress)}
          </p>
        </>
      )}
      {state.error && (
        <div class="problem" role="alert">
          <p>
            <strong>{state.error.message}</strong>
          </p>
          {state.error.hint && <p>{state.error.hint}</p>}
        </div>
      )}
      {state.problems.length > 0 && <Problems problems={state.problems} titles={titles} />}
      {save.error && <Problem error={save.error} />}
      {stop.error && <Problem error={stop.error} />}
      <p class="actions">
        {state.status === "ready" && (
          <button type="button" class="main" disabled={save.busy} onClick={() => void save.run()}>
            Download {state.files === null ? "" : `${plural(state.files, "file")}, `}
            {bytes(state.size_bytes ?? 0)}
          </button>
        )}
        <button type="button" disabled={stop.busy} onClick={() => void stop.run()}>
          {over ? "Remove it from the server" : "Stop"}
        </button>
      </p>
    </section>
  );
}

function Problems({
  problems,
  titles,
}: {
  problems: readonly ExportProblem[];
  titles: ReadonlyMap<string, string>;
}) {
  return (
    <details class="notice" open={problems.length <= 5}>
      <summary>{plural(problems.length, "thing")} could not be exported</summary>
      <ul>
        {problems.map((one, place) => (
          <li key={place}>
            {[one.job_id ? (titles.get(one.job_id) ?? one.job_id) : null, one.format]
              .filter(Boolean)
              .map((part) => (
                <strong key={part}>{shown(part ?? "")}: </strong>
              ))}
            {one.message} {one.hint}
          </li>
        ))}
      </ul>
    </details>
  );
}
