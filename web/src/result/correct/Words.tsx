import { useState } from "preact/hooks";
import { Problem } from "../../components/Problem";
import { useTask } from "../../components/task";
import type { Speaker, Utterance } from "../data/documents";
import type { ResultModel } from "../model";

/** Write anew what was said. */
export function TextForm({ model, said }: { model: ResultModel; said: Utterance }) {
  const [text, setText] = useState(said.text);
  const save = useTask(() => model.corrections.make("edit_utterance", said.id, { text: text.trim() }));
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void save.run();
      }}
    >
      <label>
        Text
        <textarea rows={4} dir="auto" value={text} onInput={(event) => setText(event.currentTarget.value)} />
      </label>
      {save.error && <Problem error={save.error} />}
      <p class="actions">
        <button type="submit" disabled={save.busy || text.trim() === "" || text.trim() === said.text}>
          Save text
        </button>
      </p>
    </form>
  );
}

/** Neither can be the id of a speaker, which has no spaces. */
const NOBODY = "nobody known";
const NEW = "somebody new";

interface SpeakerProps {
  value: string;
  speakers: readonly Speaker[];
  mayBeNobody: boolean;
  onChange: (value: string) => void;
}

export function SpeakerChoice({ value, speakers, mayBeNobody, onChange }: SpeakerProps) {
  return (
    <label>
      Who speaks
      <select value={value} onInput={(event) => onChange(event.currentTarget.value)}>
        {mayBeNobody && <option value={NOBODY}>nobody known</option>}
        {speakers.map((speaker) => (
          <option key={speaker.id} value={speaker.id}>
            {speaker.name}
          </option>
        ))}
        <option value={NEW}>somebody new</option>
      </select>
    </label>
  );
}

export function choiceOf(speaker: string | null): string {
  return speaker ?? NOBODY;
}

/** A choice as a correction says it; a new speaker gets the next free id. */
export function speakerOf(
  choice: string,
  speakers: readonly Speaker[],
): { speaker: string | null; new?: true } {
  if (choice === NOBODY) return { speaker: null };
  if (choice !== NEW) return { speaker: choice };
  const taken = new Set(speakers.map(({ id }) => id));
  let number = speakers.length + 1;
  while (taken.has(idOf(number))) number += 1;
  return { speaker: idOf(number), new: true };
}

function idOf(number: number): string {
  return `speaker_${String(number).padStart(3, "0")}`;
}

/** Say who says an utterance, or whose a turn is. */
export function SpeakerForm({
  model,
  id,
  speaker,
  mayBeNobody,
}: {
  model: ResultModel;
  id: string;
  speaker: string | null;
  mayBeNobody: boolean;
}) {
  const { speakers } = model.timeline.value;
  const [choice, setChoice] = useState(choiceOf(speaker));
  const save = useTask(() => model.corrections.make("assign_speaker", id, speakerOf(choice, speakers)));
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void save.run();
      }}
    >
      <SpeakerChoice value={choice} speakers={speakers} mayBeNobody={mayBeNobody} onChange={setChoice} />
      {save.error && <Problem error={save.error} />}
      <p class="actions">
        <button type="submit" disabled={save.busy || choice === choiceOf(speaker)}>
          Save speaker
        </button>
      </p>
    </form>
  );
}
