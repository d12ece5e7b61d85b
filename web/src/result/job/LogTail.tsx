import { useState } from "preact/hooks";
import { ask } from "../../api/client";
import { Problem } from "../../components/Problem";
import { useTask } from "../../components/task";

const LINES = 200;

/** The end of what the job said while it ran, fetched when it is opened. */
export function LogTail({ jobId }: { jobId: string }) {
  const [text, setText] = useState<string | null>(null);
  const load = useTask(async () => {
    const answer = await ask(`jobs/${encodeURIComponent(jobId)}/log?tail=${LINES}`);
    setText(await answer.text());
  });
  return (
    <details
      onToggle={(event) => {
        if (event.currentTarget.open && text === null) void load.run();
      }}
    >
      <summary>Log, the last {LINES} lines</summary>
      {load.error && <Problem error={load.error} onRetry={() => void load.run()} />}
      {load.busy && <p class="quiet">Loading …</p>}
      {text !== null && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys
        <pre class="log" tabIndex={0}>
          {text === "" ? "The log is empty." : text}
        </pre>
      )}
    </details>
  );
}
