import { useEffect, useState } from "preact/hooks";
import { addressOf } from "../api/address";
import { get } from "../api/client";
import type { Job } from "../api/documents";
import { ApiError } from "../api/errors";
import { Problem } from "../components/Problem";
import { useTask } from "../components/task";
import { bytes, clock, moment } from "../format";
import { isOver, nameOfState, titleOf, toneOfState } from "../jobs/words";
import { Outcome } from "../result/job/Outcome";
import { Progress } from "../result/job/Progress";
import { useJob } from "../result/job/useJob";
import { openResult, type ResultModel } from "../result/model";
import { Viewer } from "../result/Viewer";
import { hrefs } from "../router";
import "../styles/result.css";

export default function Result({ jobId }: { jobId: string; query: URLSearchParams }) {
  const { loaded, error, reload } = useJob(jobId);
  if (!loaded) {
    return error ? <Problem error={error} onRetry={reload} /> : <p class="quiet">Loading …</p>;
  }
  const { job, results } = loaded;
  return (
    <>
      <Heading job={job} />
      {error && <Problem error={error} onRetry={reload} />}
      {isOver(job) ? <Recording job={job} /> : <Progress job={job} onChange={reload} />}
      {isOver(job) && <Outcome job={job} results={results} />}
    </>
  );
}

function Heading({ job }: { job: Job }) {
  return (
    <header class="result-head">
      <h1 dir="auto">{titleOf(job)}</h1>
      <p class="quiet small">
        <span class={`badge ${toneOfState(job)}`}>{nameOfState(job.status)}</span>
        {job.video_duration_seconds !== null && ` ${clock(job.video_duration_seconds, 0)} ·`}
        {job.video_size_bytes !== null && ` ${bytes(job.video_size_bytes)} ·`} submitted{" "}
        {moment(job.created_at)}
        {job.tags.length > 0 && ` · ${job.tags.join(", ")}`}
        {job.retry_of !== null && (
          <>
            {" · again after "}
            <a href={hrefs.job(job.retry_of)}>a former job</a>
          </>
        )}
      </p>
    </header>
  );
}

interface Opened {
  url: string;
  model: ResultModel | null;
}

/** The recording with its results over it; the recording alone where there are no view products. */
function Recording({ job }: { job: Job }) {
  const [opened, setOpened] = useState<Opened | null>(null);
  const [stop] = useState(() => new AbortController());
  const open = useTask(async () => {
    const [url, model] = await Promise.all([mediaUrl(job.id), openOrNot(job, stop.signal)]);
    if (stop.signal.aborted) model?.close();
    else setOpened({ url, model });
  });
  const renew = useTask(async () => {
    const url = await mediaUrl(job.id);
    setOpened((before) => before && { ...before, url });
  });
  useEffect(() => {
    void open.run();
    return () => stop.abort();
  }, []);
  useEffect(() => () => opened?.model?.close(), [opened?.model]);
  if (open.error) return <Problem error={open.error} onRetry={() => void open.run()} />;
  if (!opened) return <p class="quiet">Loading …</p>;
  const name = titleOf(job);
  if (opened.model) {
    return (
      <>
        {opened.model.index.notes.length > 0 && <Notes notes={opened.model.index.notes} />}
        {renew.error && <Problem error={renew.error} onRetry={() => void renew.run()} />}
        <Viewer model={opened.model} url={opened.url} name={name} onExpired={() => void renew.run()} />
      </>
    );
  }
  return (
    <>
      {job.status === "completed" && (
        <p class="notice">
          This job has nothing prepared to be shown over the video and on a time line: it ran before this
          server could do that, or its last step failed. Submit the recording again to have it; the files
          below hold all of its results.
        </p>
      )}
      {/* biome-ignore lint/a11y/useMediaCaption: there are no captions without view products */}
      <video class="plain-video" src={opened.url} controls preload="metadata" aria-label={name} />
    </>
  );
}

function Notes({ notes }: { notes: readonly string[] }) {
  return (
    <details class="notice">
      <summary>Not everything can be shown</summary>
      <ul>
        {notes.map((note) => (
          <li key={note}>{note}</li>
        ))}
      </ul>
    </details>
  );
}

async function mediaUrl(jobId: string): Promise<string> {
  const { url } = await get<{ url: string }>(`jobs/${encodeURIComponent(jobId)}/media-url`);
  return addressOf(url);
}

async function openOrNot(job: Job, signal: AbortSignal): Promise<ResultModel | null> {
  try {
    return await openResult(job.id, signal);
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return null;
    throw error;
  }
}
