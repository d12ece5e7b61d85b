import { useEffect, useState } from "preact/hooks";
import { Confirm } from "../../components/Dialog";
import { Problem } from "../../components/Problem";
import { useTask } from "../../components/task";
import { moment } from "../../format";
import type { ResultModel } from "../model";
import { AddSegment } from "./AddSegment";
import type { Correction, Kind } from "./corrections";

/** Who corrected what, and when; undo, do again, and back to what the pipelines found. */
export function HistoryPane({ model }: { model: ResultModel }) {
  const { corrections } = model;
  const [asking, setAsking] = useState(false);
  const load = useTask(() => corrections.load());
  useEffect(() => void load.run(), [corrections]);
  const change = useTask((act: () => Promise<void>) => act());
  const all = [...corrections.history.value].reverse();
  const { newest } = corrections;
  return (
    <div class="pane-body">
      <AddSegment model={model} />
      {load.error && <Problem error={load.error} onRetry={() => void load.run()} />}
      {change.error && <Problem error={change.error} />}
      {all.length === 0 ? (
        <p class="quiet">
          Nothing has been corrected. Select something to correct it; what the pipelines found is kept
          whatever you change.
        </p>
      ) : (
        <p class="actions">
          <button
            type="button"
            disabled={change.busy || !newest}
            onClick={() => newest && void change.run(() => corrections.undo(newest.number))}
          >
            Undo the last one
          </button>
          <button
            type="button"
            class="danger"
            disabled={change.busy || !newest}
            onClick={() => setAsking(true)}
          >
            Back to the original
          </button>
        </p>
      )}
      <ol class="history" reversed>
        {all.map((correction) => (
          <Entry
            key={correction.number}
            correction={correction}
            mayRedo={!correction.in_force && correction.base === corrections.revision}
            busy={change.busy}
            onRedo={() => void change.run(() => corrections.redo(correction.number))}
          />
        ))}
      </ol>
      {asking && (
        <Confirm
          title="Back to the original?"
          action="Take all corrections back"
          busy={change.busy}
          onConfirm={() => {
            setAsking(false);
            void change.run(() => corrections.backToOriginal());
          }}
          onClose={() => setAsking(false)}
        >
          <p>
            All corrections of this job are marked as undone. They stay in this list, and can be done again
            one by one.
          </p>
        </Confirm>
      )}
    </div>
  );
}

interface EntryProps {
  correction: Correction;
  mayRedo: boolean;
  busy: boolean;
  onRedo: () => void;
}

const KINDS: Record<Kind, string> = {
  rename_person: "Person renamed",
  merge_persons: "Persons merged",
  rename_speaker: "Speaker renamed",
  merge_speakers: "Speakers merged",
  edit_utterance: "Text changed",
  assign_speaker: "Speaker assigned",
  move_boundary: "Boundary moved",
  add_segment: "Added",
  delete_segment: "Deleted",
};

function Entry({ correction, mayRedo, busy, onRedo }: EntryProps) {
  const { number, kind, target, before, after, created_by, created_at, undone_by, undone_at } = correction;
  return (
    <li data-undone={!correction.in_force}>
      <p>
        <strong>{KINDS[kind] ?? kind}</strong>: {target}
      </p>
      <p class="small" dir="auto">
        {Object.keys(before).length > 0 && `${words(before)} → `}
        {words(after)}
      </p>
      <p class="quiet small">
        {number} · {created_by ?? "somebody"}, {moment(created_at)}
        {undone_at !== null && ` · undone by ${undone_by ?? "somebody"}, ${moment(undone_at)}`}
      </p>
      {mayRedo && (
        <button type="button" class="small" disabled={busy} onClick={onRedo}>
          Do it again
        </button>
      )}
    </li>
  );
}

/** What held, or holds: `name: Anna`. Long lists, as those of words, are left out. */
function words(facts: Record<string, unknown>): string {
  const parts = Object.entries(facts)
    .filter(([, value]) => typeof value !== "object" || value === null)
    .map(([name, value]) => `${name.replace(/_s$/, "")}: ${value === null ? "none" : String(value)}`);
  return parts.length === 0 ? "nothing" : parts.join(", ");
}
