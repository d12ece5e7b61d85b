import { useState } from "preact/hooks";
import { Problem } from "../../components/Problem";
import { useTask } from "../../components/task";
import { clock } from "../../format";
import type { ResultModel } from "../model";
import { secondsIn } from "./parts";
import { TimeField } from "./Times";
import { choiceOf, SpeakerChoice, speakerOf } from "./Words";

const TYPES = [
  { type: "Scene", name: "Scene boundary" },
  { type: "SpeakerTurn", name: "Turn of a speaker" },
  { type: "Utterance", name: "Line of the transcript" },
  { type: "SoundEvent", name: "Sound event" },
] as const;

type Type = (typeof TYPES)[number]["type"];

/** Add what the pipelines missed: a boundary, a turn, a line or an event. */
export function AddSegment({ model }: { model: ResultModel }) {
  const { speakers } = model.timeline.value;
  const [type, setType] = useState<Type>("Scene");
  const [start, setStart] = useState(() => clock(model.player.timeS.value));
  const [end, setEnd] = useState(() => clock(Math.min(model.player.timeS.value + 1, model.index.duration_s)));
  const [speaker, setSpeaker] = useState(speakers[0]?.id ?? choiceOf(null));
  const [words, setWords] = useState("");
  const [start_s, end_s] = [secondsIn(start), secondsIn(end)];
  const lasts = type !== "Scene";
  const needsWords = type === "Utterance" || type === "SoundEvent";
  const speaks = type === "Utterance" || type === "SpeakerTurn";
  const ready =
    start_s !== null &&
    (!lasts || (end_s !== null && end_s > start_s)) &&
    (!needsWords || words.trim() !== "");
  const add = useTask(async () => {
    await model.corrections.make("add_segment", type, {
      start_s,
      ...(lasts ? { end_s } : {}),
      ...(speaks ? speakerOf(speaker, speakers) : {}),
      ...(type === "Utterance" ? { text: words.trim() } : {}),
      ...(type === "SoundEvent" ? { label: words.trim() } : {}),
    });
    setWords("");
  });
  return (
    <details>
      <summary>Add what was missed</summary>
      <form
        class="correct"
        onSubmit={(event) => {
          event.preventDefault();
          void add.run();
        }}
      >
        <label>
          What
          <select value={type} onInput={(event) => setType(event.currentTarget.value as Type)}>
            {TYPES.map((one) => (
              <option key={one.type} value={one.type}>
                {one.name}
              </option>
            ))}
          </select>
        </label>
        <div class="pair">
          <TimeField model={model} name={lasts ? "From" : "At"} value={start} onChange={setStart} />
          {lasts && <TimeField model={model} name="To" value={end} onChange={setEnd} />}
        </div>
        {speaks && (
          <SpeakerChoice
            value={speaker}
            speakers={speakers}
            mayBeNobody={type === "Utterance"}
            onChange={setSpeaker}
          />
        )}
        {needsWords && (
          <label>
            {type === "Utterance" ? "Text" : "Label"}
            <input dir="auto" value={words} onInput={(event) => setWords(event.currentTarget.value)} />
          </label>
        )}
        {add.error && <Problem error={add.error} />}
        <p class="actions">
          <button type="submit" disabled={add.busy || !ready}>
            Add
          </button>
        </p>
      </form>
    </details>
  );
}
