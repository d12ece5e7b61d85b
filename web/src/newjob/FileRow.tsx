import { useEffect, useState } from "preact/hooks";
import { ApiError } from "../api/errors";
import { announce } from "../components/Announcer";
import { Confirm } from "../components/Dialog";
import { Problem } from "../components/Problem";
import { useTask } from "../components/task";
import { bytes, duration, percent } from "../format";
import { hrefs } from "../router";
import { focusFirst } from "./focus";
import type { Item, Phase } from "./item";
import { drop, pause, resume } from "./uploads";

const STATES: Record<Phase, string> = {
  waiting: "waits for others",
  sending: "uploading",
  broken: "connection lost",
  paused: "paused",
  failed: "stopped",
  uploaded: "uploaded",
  making: "making its job",
  made: "job made",
};
const BADGES: Partial<Record<Phase, string>> = {
  broken: "warn",
  failed: "bad",
  uploaded: "good",
  made: "good",
};

/** Errors that mean no more than that the connection broke off: what they say is meant for the upload client. */
const BROKEN = ["UNREACHABLE", "UPLOAD_OFFSET"];

export function FileRow({ item }: { item: Item }) {
  const [asking, setAsking] = useState(false);
  const remove = useTask(() => drop(item.key));
  const leave = () => {
    focusFirst(); // this row's button is about to go
    announce(`${item.path} was removed from the list.`);
    void remove.run();
  };
  const share = item.size === 0 ? 1 : item.sentBytes / item.size;
  const hasBegun = item.uploadId !== null && item.phase !== "made";
  return (
    <li class="file card">
      <div class="spread">
        <strong class="file-name">
          <bdi>{item.path}</bdi>
        </strong>
        <span class={`badge ${BADGES[item.phase] ?? ""}`}>{stateOf(item)}</span>
      </div>
      {item.phase !== "made" && (
        <progress value={share} max={1} aria-label={`Upload of ${item.path}`}>
          {percent(share)}
        </progress>
      )}
      <div class="spread">
        <span class="quiet small">{figuresOf(item, share)}</span>
        <span class="actions">
          <Buttons item={item} />
          <button
            type="button"
            aria-label={`${item.phase === "made" ? "Hide" : "Remove"}: ${item.path}`}
            onClick={() => (hasBegun ? setAsking(true) : leave())}
          >
            {item.phase === "made" ? "Hide" : "Remove"}
          </button>
        </span>
      </div>
      {item.note && <p class="small">{item.note}</p>}
      {item.retryAt !== null && <Countdown until={item.retryAt} why={item.error} />}
      {item.error && item.retryAt === null && <Problem error={item.error} />}
      {remove.error && <Problem error={remove.error} />}
      {asking && (
        <Confirm
          title="Remove this recording?"
          action="Remove it"
          onConfirm={() => {
            setAsking(false);
            leave();
          }}
          onClose={() => setAsking(false)}
        >
          <p>
            “<bdi>{item.path}</bdi>” is taken out of the list, and what has come of it is deleted from the
            server. Your own file stays as it is.
          </p>
        </Confirm>
      )}
    </li>
  );
}

function Buttons({ item }: { item: Item }) {
  if (item.phase === "made" && item.job)
    return (
      <a class="button" href={hrefs.job(item.job.id)} aria-label={`Go to the job: ${item.path}`}>
        Go to the job
      </a>
    );
  if (item.phase === "paused")
    return (
      <button type="button" aria-label={`Go on: ${item.path}`} onClick={() => resume(item.key)}>
        Go on
      </button>
    );
  if (item.phase === "failed" || item.phase === "broken")
    return (
      <button type="button" aria-label={`Try again now: ${item.path}`} onClick={() => resume(item.key)}>
        Try again now
      </button>
    );
  if (item.phase === "sending" || item.phase === "waiting")
    return (
      <button type="button" aria-label={`Pause: ${item.path}`} onClick={() => pause(item.key)}>
        Pause
      </button>
    );
  return null;
}

function Countdown({ until, why }: { until: number; why: Error | null }) {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  const seconds = Math.max(0, Math.ceil((until - now) / 1000));
  const said = why instanceof ApiError && !BROKEN.includes(why.code) ? why : null;
  return (
    <div class="notice">
      <p>
        <strong>{said?.message ?? "The connection broke off."}</strong>
      </p>
      <p>
        {said?.hint && `${said.hint} `}
        It goes on where it stopped, in {duration(seconds)}.
      </p>
    </div>
  );
}

function stateOf(item: Item): string {
  if (item.phase === "uploaded" && item.recipe === null) return "uploaded, not started";
  if (item.phase === "broken" && item.error instanceof ApiError && !BROKEN.includes(item.error.code))
    return "tried again soon";
  return STATES[item.phase];
}

function figuresOf(item: Item, share: number): string {
  if (item.phase === "made" || item.phase === "uploaded" || item.phase === "making") return bytes(item.size);
  const parts = [`${bytes(item.sentBytes)} of ${bytes(item.size)} (${percent(share)})`];
  if (item.bytesPerSecond !== null) parts.push(`${bytes(item.bytesPerSecond)}/s`);
  if (item.secondsLeft !== null) parts.push(`${duration(item.secondsLeft)} left`);
  if (item.recipe !== null) parts.push("its job begins when it has come");
  return parts.join(" · ");
}
