import { useState } from "preact/hooks";
import type { Finding } from "../api/documents";
import { announce } from "../components/Announcer";
import { Problem } from "../components/Problem";
import { useTask } from "../components/task";
import { plural } from "../format";
import { hrefs } from "../router";
import { check, verdict } from "./checking";
import { form, pipelines, recipe, selection, set, tagsIn } from "./form";
import { idOf } from "./OptionField";
import { items, order } from "./uploads";

const MOST_TAGS = 50;
const LONGEST_TAG = 100;

/** Tags, the annotated video, and the button that makes jobs of all this. */
export function Start() {
  const [missing, setMissing] = useState<string[]>([]);
  const start = useTask(async () => {
    const lacking = lackingNow();
    setMissing(lacking);
    if (lacking.length > 0) return;
    const found = await check();
    if (found.problem) throw found.problem;
    if (!found.fresh || found.errors.length > 0) return;
    const count = notOrdered();
    order(recipe.peek());
    announce(`${plural(count, "job")} ordered. Each begins as soon as its recording has come.`);
  });
  const count = notOrdered();
  const wrongTags = faultOfTags(tagsIn(form.value.tags));
  return (
    <section aria-labelledby="start" class="stack">
      <h2 id="start">Start</h2>
      <div class="stack">
        <label for="tags">Tags</label>
        <input
          id="tags"
          type="text"
          autoComplete="off"
          value={form.value.tags}
          aria-describedby="tags-about"
          aria-invalid={wrongTags !== null}
          onInput={(event) => set({ tags: event.currentTarget.value })}
        />
        <p id="tags-about" class="quiet small">
          Words by which to find the jobs again, with commas between. {wrongTags}
        </p>
      </div>
      <div>
        <label class="line" for="overlay">
          <input
            id="overlay"
            type="checkbox"
            checked={form.value.overlay}
            aria-describedby="overlay-about"
            onInput={(event) => set({ overlay: event.currentTarget.checked })}
          />
          Make an annotated video as well
        </label>
        <p id="overlay-about" class="quiet small">
          A copy of the recording with what was found drawn into it: the result file overlay.mp4.
        </p>
      </div>
      {start.error && <Problem error={start.error} />}
      {missing.length > 0 && (
        <div class="problem" role="alert">
          {missing.map((what) => (
            <p key={what}>{what}</p>
          ))}
        </div>
      )}
      <Errors errors={verdict.value.errors} />
      <p class="actions">
        <button type="button" class="main" disabled={start.busy} onClick={() => void start.run()}>
          {start.busy ? "Checking …" : count > 1 ? `Start ${count} jobs` : "Start the job"}
        </button>
        <Ordered />
      </p>
    </section>
  );
}

/** Every error of the form, with a way to its place. */
function Errors({ errors }: { errors: readonly Finding[] }) {
  return (
    <div role="status">
      {errors.length > 0 && (
        <div class="problem">
          <p>
            <strong>
              {plural(errors.length, "thing")} must be corrected before {errors.length === 1 ? "a" : "any"}{" "}
              job can start:
            </strong>
          </p>
          <ul class="plain-list">
            {errors.map((error) => (
              <li key={`${error.pipeline}.${error.field}`}>
                <button type="button" class="link" onClick={() => goTo(error)}>
                  {error.message}
                </button>
              </li>
            ))}
          </ul>
        </div>
      )}
    </div>
  );
}

function Ordered() {
  const ordered = items.value.filter((item) => item.recipe !== null);
  const made = ordered.filter((item) => item.phase === "made").length;
  if (ordered.length === 0) return null;
  return (
    <span>
      {made} of {plural(ordered.length, "job")} made. <a href={hrefs.jobs()}>Look at the jobs</a>
    </span>
  );
}

function goTo(error: Finding): void {
  const pipeline = error.pipeline ?? "";
  const place =
    document.getElementById(idOf(pipeline, error.field)) ?? document.getElementById(`pipeline-${pipeline}`);
  const details = place?.closest("details");
  if (details) details.open = true;
  place?.scrollIntoView({ block: "center" });
  place?.focus();
}

function notOrdered(): number {
  return items.value.filter((item) => item.recipe === null && item.phase !== "made").length;
}

function lackingNow(): string[] {
  const lacking: string[] = [];
  if (notOrdered() === 0) lacking.push("Choose a recording first.");
  if (pipelines.value === null) lacking.push("The pipelines of the server are not known yet.");
  else if (selection.value.length === 0) lacking.push("Select at least one pipeline.");
  const fault = faultOfTags(tagsIn(form.value.tags));
  if (fault !== null) lacking.push(fault);
  return lacking;
}

function faultOfTags(tags: readonly string[]): string | null {
  const long = tags.find((tag) => tag.length > LONGEST_TAG);
  if (long !== undefined)
    return `A tag has at most ${LONGEST_TAG} characters; this one is longer: “${long.slice(0, 40)}…”.`;
  return tags.length > MOST_TAGS ? `At most ${MOST_TAGS} tags are possible.` : null;
}
