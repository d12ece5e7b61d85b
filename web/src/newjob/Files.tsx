import { useEffect, useRef, useState } from "preact/hooks";
import { Problem } from "../components/Problem";
import { useTask } from "../components/task";
import { plural } from "../format";
import { FileRow } from "./FileRow";
import { ofDrop, ofInput, type Picked, sorted } from "./picking";
import { UnfinishedList } from "./UnfinishedList";
import { isOf, lookForUnfinished, matched, unfinished } from "./unfinished";
import { add, goOn, items } from "./uploads";

const NAMED = 5;

/** Takes recordings and shows how they come to the server. */
export function Files() {
  const [over, setOver] = useState(false);
  const files = useRef<HTMLInputElement>(null);
  const folder = useRef<HTMLInputElement>(null);
  const [notes, setNotes] = useState<string[]>([]);
  const look = useTask(() =>
    lookForUnfinished(() => new Set(items.value.flatMap((item) => item.uploadId ?? []))),
  );
  useEffect(() => void look.run(), []);
  useEffect(() => folder.current?.setAttribute("webkitdirectory", ""), []);
  const take = useTask(async (picking: Promise<Picked[]> | Picked[]) => setNotes(await taken(await picking)));
  return (
    <section aria-labelledby="recordings" class="stack">
      <h2 id="recordings">Recordings</h2>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: dropping is one more way; the buttons inside do the same */}
      <div
        class={over ? "drop over" : "drop"}
        onDragOver={(event) => {
          event.preventDefault();
          setOver(true);
        }}
        onDragLeave={() => setOver(false)}
        onDrop={(event) => {
          event.preventDefault();
          setOver(false);
          if (event.dataTransfer) void take.run(ofDrop(event.dataTransfer));
        }}
      >
        <p>Drop recordings or folders here, or</p>
        <p class="actions">
          <button type="button" class="main" id="choose-files" onClick={() => files.current?.click()}>
            Choose files …
          </button>
          <button type="button" onClick={() => folder.current?.click()}>
            Choose a folder …
          </button>
        </p>
        {[files, folder].map((input, at) => (
          <input
            key={at === 0 ? "files" : "folder"}
            ref={input}
            hidden
            type="file"
            multiple
            aria-label={at === 0 ? "Recordings" : "A folder of recordings"}
            onChange={(event) => {
              const picked = ofInput(event.currentTarget.files);
              event.currentTarget.value = "";
              void take.run(picked);
            }}
          />
        ))}
        <p class="quiet small">
          Each recording becomes a job of its own. Uploading begins at once; the jobs begin when you say so.
        </p>
      </div>
      {look.error && <Problem error={look.error} onRetry={look.run} />}
      {take.error && <Problem error={take.error} />}
      {notes.length > 0 && (
        <div class="notice" role="status">
          {notes.map((note) => (
            <p key={note}>{note}</p>
          ))}
        </div>
      )}
      {unfinished.value.length > 0 && <UnfinishedList />}
      {items.value.length > 0 && (
        <ul class="files" aria-label="Chosen recordings">
          {items.value.map((item) => (
            <FileRow key={item.key} item={item} />
          ))}
        </ul>
      )}
    </section>
  );
}

/** Take what was chosen; what belongs to an upload of an earlier visit goes on there. Gives what the user should know about it. */
async function taken(picked: readonly Picked[]): Promise<string[]> {
  const { taken: wanted, left } = sorted(picked);
  const notes: string[] = [];
  if (left.length > 0)
    notes.push(`${plural(left.length, "file")} of the folder left out, no recordings: ${someOf(left)}.`);
  const { pairs, others } = matched(wanted, unfinished.value);
  const anew: Picked[] = [...others];
  for (const [upload, one] of pairs) {
    const same = await isOf(upload, one.file);
    if (same === true) goOn(upload, one);
    else anew.push(one);
    if (same === false)
      notes.push(
        `“${one.path}” has been changed since its upload was begun on an earlier visit, so it is uploaded anew.`,
      );
  }
  const twice = add(anew);
  if (twice.length > 0) notes.push(`In the list already: ${someOf(twice)}.`);
  if (picked.length > 0 && wanted.length === 0) notes.push("There is no recording among what you chose.");
  return notes;
}

function someOf(names: readonly string[]): string {
  const more = names.length - NAMED;
  const shown = names.slice(0, NAMED).map((name) => `“${name}”`);
  return more > 0 ? `${shown.join(", ")} and ${more} more` : shown.join(", ");
}
