import { useRef, useState } from "preact/hooks";
import { Confirm } from "../components/Dialog";
import { Problem } from "../components/Problem";
import { useTask } from "../components/task";
import { bytes, moment, percent } from "../format";
import { focusFirst } from "./focus";
import { remembered } from "./memory";
import { ofInput, type Picked } from "./picking";
import { isOf, type Unfinished, unfinished } from "./unfinished";
import { deleteUpload, goOn } from "./uploads";

/** Uploads that a reload, or a closed tab, has interrupted. A browser hands no file to a page twice: the user chooses it again. */
export function UnfinishedList() {
  return (
    <section class="card stack" aria-labelledby="unfinished">
      <h3 id="unfinished">Not finished on an earlier visit</h3>
      <p class="quiet small">
        What has come is kept on the server. Choose the same file again, and it goes on where it stopped.
      </p>
      <ul class="plain-list">
        {unfinished.value.map((upload) => (
          <UnfinishedRow key={upload.id} upload={upload} />
        ))}
      </ul>
    </section>
  );
}

function UnfinishedRow({ upload }: { upload: Unfinished }) {
  const input = useRef<HTMLInputElement>(null);
  const [asking, setAsking] = useState(false);
  const choose = useTask((picked: Picked | undefined) => chosen(upload, picked));
  const forget = useTask(() => deleteUpload(upload.id));
  const ordered = remembered(upload.id) !== null;
  return (
    <li class="unfinished">
      <div class="spread">
        <strong class="file-name">
          <bdi>{upload.name}</bdi>
        </strong>
        <span class="actions">
          {upload.complete ? (
            <button
              type="button"
              aria-label={`${ordered ? "Make its job" : "Put it into the list"}: ${upload.name}`}
              onClick={() => {
                goOn(upload, null);
                focusFirst();
              }}
            >
              {ordered ? "Make its job" : "Put it into the list"}
            </button>
          ) : (
            <button
              type="button"
              aria-label={`Choose the file … ${upload.name}`}
              onClick={() => input.current?.click()}
            >
              Choose the file …
            </button>
          )}
          <button type="button" aria-label={`Delete: ${upload.name}`} onClick={() => setAsking(true)}>
            Delete
          </button>
        </span>
      </div>
      <p class="quiet small">
        {upload.complete
          ? `All ${bytes(upload.size)} have come`
          : `${bytes(upload.offset)} of ${bytes(upload.size)} have come (${percent(upload.offset / upload.size)})`}
        {` · kept until ${moment(upload.expiresAt)}`}
        {ordered && " · its job is ordered"}
      </p>
      <input
        ref={input}
        hidden
        type="file"
        aria-label={`The file ${upload.name}`}
        onChange={(event) => {
          const [picked] = ofInput(event.currentTarget.files);
          event.currentTarget.value = "";
          void choose.run(picked);
        }}
      />
      {choose.error && <Problem error={choose.error} />}
      {forget.error && <Problem error={forget.error} />}
      {asking && (
        <Confirm
          title="Delete what has come?"
          action="Delete it"
          busy={forget.busy}
          onClose={() => setAsking(false)}
          onConfirm={async () => {
            setAsking(false);
            focusFirst();
            await forget.run();
          }}
        >
          <p>
            What the server has of “<bdi>{upload.name}</bdi>” is deleted. Your own file stays as it is.
          </p>
        </Confirm>
      )}
    </li>
  );
}

async function chosen(upload: Unfinished, picked: Picked | undefined): Promise<void> {
  if (picked === undefined) return;
  const { file } = picked;
  if (file.size !== upload.size)
    throw new Error(
      `“${file.name}” is another file: it has ${bytes(file.size)} (${file.size} bytes), and the upload was begun with one of ${bytes(upload.size)} (${upload.size} bytes).`,
    );
  if ((await isOf(upload, file)) === false)
    throw new Error(
      `“${file.name}” is not the file that the upload was begun with, or it has been changed since. Delete the upload and choose the file above.`,
    );
  goOn(upload, picked);
  focusFirst();
}
