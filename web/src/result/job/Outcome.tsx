import { download, post } from "../../api/client";
import type { Artifact, Job, PipelineResult, Results } from "../../api/documents";
import { Problem } from "../../components/Problem";
import { useTask } from "../../components/task";
import { bytes, duration, plural } from "../../format";
import { canRetry } from "../../jobs/words";
import { go, hrefs } from "../../router";
import { LogTail } from "./LogTail";

/** How each pipeline ended, in the server's words, and the files that there are. */
export function Outcome({ job, results }: { job: Job; results: Results | null }) {
  const pipelines = Object.values(results?.pipeline_results ?? {});
  const failed = pipelines.filter(({ status }) => status === "failed" || status === "stopped");
  const hasFiles =
    [...(results?.artifacts ?? []), ...pipelines.flatMap(({ artifacts }) => artifacts)].length > 0;
  return (
    <section aria-label="Results and files">
      <div class="spread">
        <h2>Results and files</h2>
        <Actions job={job} hasFiles={hasFiles} failed={failed.length} />
      </div>
      {job.error_message && (
        <div class="problem">
          <p>
            <strong>{job.error?.message ?? job.error_message}</strong>
          </p>
          {job.error?.hint && <p>{job.error.hint}</p>}
        </div>
      )}
      {pipelines.length > 0 && (
        <ul class="outcomes">
          {pipelines.map((result) => (
            <Pipeline key={result.pipeline_name} result={result} />
          ))}
        </ul>
      )}
      {results && results.artifacts.length > 0 && (
        <>
          <h3>Files of the whole job</h3>
          <Files artifacts={results.artifacts} />
        </>
      )}
      <LogTail jobId={job.id} />
    </section>
  );
}

function Actions({ job, hasFiles, failed }: { job: Job; hasFiles: boolean; failed: number }) {
  const path = `jobs/${encodeURIComponent(job.id)}`;
  const zip = useTask(() => download(`${path}/artifacts`, `${job.id}.zip`));
  const retry = useTask(async (onlyFailed: boolean) => {
    const made = await post<Job>(`${path}/retry`, { only_failed: onlyFailed });
    go(hrefs.job(made.id));
  });
  const mayRetry = canRetry(job);
  const error = zip.error ?? retry.error;
  return (
    <div>
      <p class="actions">
        {hasFiles && (
          <>
            <button type="button" class="main" disabled={zip.busy} onClick={() => void zip.run()}>
              {zip.busy ? "Fetching …" : "Download all as ZIP"}
            </button>
            <a class="button" href={hrefs.exports([job.id])}>
              Other formats
            </a>
          </>
        )}
        {mayRetry && (
          <button type="button" disabled={retry.busy} onClick={() => void retry.run(false)}>
            Try all again
          </button>
        )}
        {mayRetry && job.status === "completed" && failed > 0 && (
          <button type="button" disabled={retry.busy} onClick={() => void retry.run(true)}>
            Try {plural(failed, "failed pipeline")} again
          </button>
        )}
      </p>
      {error && <Problem error={error} />}
    </div>
  );
}

const BADGES: Record<PipelineResult["status"], string> = {
  completed: "badge good",
  failed: "badge bad",
  stopped: "badge bad",
  skipped: "badge warn",
};

function Pipeline({ result }: { result: PipelineResult }) {
  return (
    <li class="card">
      <p class="spread">
        <strong>{result.pipeline_name}</strong>
        <span>
          {result.annotation_count !== null && `${plural(result.annotation_count, "annotation")} · `}
          {result.processing_time !== null && `${duration(result.processing_time)} · `}
          <span class={BADGES[result.status]}>{result.status}</span>
        </span>
      </p>
      {result.error && (
        <div class="problem">
          <p>
            <strong>{result.error.message ?? result.error_message ?? result.error.code}</strong>
          </p>
          {result.error.hint && <p>{result.error.hint}</p>}
        </div>
      )}
      {result.reason && <p>{result.reason}</p>}
      {result.included_in && <p>Done as a part of {result.included_in}, whose files hold it.</p>}
      {result.warnings.map((warning) => (
        <p class="notice" key={warning}>
          {warning}
        </p>
      ))}
      <Files artifacts={result.artifacts} />
    </li>
  );
}

function Files({ artifacts }: { artifacts: readonly Artifact[] }) {
  if (artifacts.length === 0) return null;
  return (
    <details>
      <summary>{plural(artifacts.length, "file")}</summary>
      <ul class="files">
        {artifacts.map((artifact) => (
          <FileEntry key={artifact.name} artifact={artifact} />
        ))}
      </ul>
    </details>
  );
}

function FileEntry({ artifact }: { artifact: Artifact }) {
  const fetching = useTask(() => download(artifact.download_url, artifact.name));
  return (
    <li>
      <span>
        <strong>{artifact.name}</strong> <span class="quiet small">{bytes(artifact.size_bytes)}</span>
        <br />
        <span class="quiet small">{artifact.description}</span>
      </span>
      <button
        type="button"
        disabled={fetching.busy}
        aria-label={`Download ${artifact.name}`}
        onClick={() => void fetching.run()}
      >
        {fetching.busy ? "Fetching …" : "Download"}
      </button>
      {fetching.error && <Problem error={fetching.error} />}
    </li>
  );
}
