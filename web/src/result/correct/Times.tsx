import { useEffect, useState } from "preact/hooks";
import { Problem } from "../../components/Problem";
import { useTask } from "../../components/task";
import { clock } from "../../format";
import type { ResultModel, Selected } from "../model";
import { type Segment, secondsIn } from "./parts";

/** Move the borders of a segment to times that are typed, or to where the video stands; delete it. */
export function Times({
  model,
  selected,
  segment,
}: {
  model: ResultModel;
  selected: Selected;
  segment: Segment;
}) {
  const [start, setStart] = useState(clock(segment.start_s));
  const [end, setEnd] = useState(clock(segment.end_s));
  useEffect(() => {
    setStart(clock(segment.start_s));
    setEnd(clock(segment.end_s));
  }, [segment.start_s, segment.end_s]);
  const after = changes(segment, start, end);
  const save = useTask(() => model.corrections.make("move_boundary", segment.id, after ?? {}));
  const remove = useTask(() => model.corrections.make("delete_segment", segment.id, {}));
  const error = save.error ?? remove.error;
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void save.run();
      }}
    >
      <div class="pair">
        <TimeField model={model} name="From" value={start} onChange={setStart} />
        <TimeField model={model} name="To" value={end} onChange={setEnd} />
      </div>
      {error && <Problem error={error} />}
      <p class="actions">
        <button type="submit" disabled={save.busy || after === null || Object.keys(after).length === 0}>
          Save times
        </button>
        <button type="button" class="danger" disabled={remove.busy} onClick={() => void remove.run()}>
          {selected.kind === "scene" ? "Delete this boundary" : "Delete"}
        </button>
      </p>
    </form>
  );
}

/** What was changed; null when a time cannot be read. */
function changes(segment: Segment, start: string, end: string): Record<string, number> | null {
  const [start_s, end_s] = [secondsIn(start), secondsIn(end)];
  if (start_s === null || end_s === null || end_s <= start_s) return null;
  return {
    ...(start === clock(segment.start_s) ? {} : { start_s }),
    ...(end === clock(segment.end_s) ? {} : { end_s }),
  };
}

interface FieldProps {
  model: ResultModel;
  name: string;
  value: string;
  onChange: (value: string) => void;
}

/** A time, typed or taken from where the video stands. */
export function TimeField({ model, name, value, onChange }: FieldProps) {
  return (
    <div>
      <label>
        {name}
        <input
          value={value}
          inputMode="decimal"
          spellcheck={false}
          aria-invalid={secondsIn(value) === null}
          onInput={(event) => onChange(event.currentTarget.value)}
        />
      </label>
      <button type="button" class="small" onClick={() => onChange(clock(model.player.timeS.value))}>
        {name}: where the video is
      </button>
    </div>
  );
}
