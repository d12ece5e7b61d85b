import { computed } from "@preact/signals";
import { useMemo, useState } from "preact/hooks";
import { clock, plural } from "../../format";
import type { Utterance } from "../data/documents";
import type { ResultModel } from "../model";
import { VirtualList } from "./VirtualList";

/** What was said, line by line: it follows the video, and a line leads to its place. */
export function Transcript({ model }: { model: ResultModel }) {
  const [words, setWords] = useState("");
  const [active, setActive] = useState(0);
  const { utterances } = model.timeline.value;
  const lines = useMemo(() => found(utterances, words), [utterances, words]);
  const place = useMemo(
    () => computed(() => model.utterances.value.lastStarted(model.player.timeS.value)),
    [model],
  );
  const current = place.value;
  const keyOf = useMemo(() => (at: number) => utterances[lines[at] as number]?.id ?? String(at), [lines]);
  if (utterances.length === 0)
    return <p class="quiet">There is no transcript: no speech was found, or none was looked for.</p>;
  const follow = words === "" ? current : -1;
  return (
    <div class="pane-body">
      <label class="search">
        <span class="unseen">Search in the transcript</span>
        <input
          type="search"
          placeholder="Search in the transcript"
          value={words}
          onInput={(event) => {
            setWords(event.currentTarget.value);
            setActive(0);
          }}
        />
      </label>
      <p class="quiet small" role="status">
        {words === "" ? plural(utterances.length, "line") : `${plural(lines.length, "line")} with “${words}”`}
      </p>
      <VirtualList
        count={lines.length}
        estimate={4.5}
        label="Transcript"
        keyOf={keyOf}
        follow={follow}
        active={Math.min(active, lines.length - 1)}
        onActive={setActive}
      >
        {(at) => {
          const number = lines[at] as number;
          const said = utterances[number] as Utterance;
          return (
            <Line
              model={model}
              said={said}
              spoken={number === current}
              words={words}
              tabIndex={at === Math.min(active, lines.length - 1) ? 0 : -1}
              onPick={() => {
                setActive(at);
                model.select("utterance", said.id, said.start_s);
              }}
            />
          );
        }}
      </VirtualList>
    </div>
  );
}

function found(utterances: readonly Utterance[], words: string): number[] {
  const wanted = words.trim().toLocaleLowerCase();
  return utterances.flatMap((said, at) => (said.text.toLocaleLowerCase().includes(wanted) ? [at] : []));
}

interface LineProps {
  model: ResultModel;
  said: Utterance;
  spoken: boolean;
  words: string;
  tabIndex: number;
  onPick: () => void;
}

function Line({ model, said, spoken, words, tabIndex, onPick }: LineProps) {
  const chosen = model.selected.value?.kind === "utterance" && model.selected.value.id === said.id;
  const people = model.people.value;
  return (
    <button
      type="button"
      class="entry"
      tabIndex={tabIndex}
      aria-current={spoken ? "true" : undefined}
      data-chosen={chosen}
      onClick={onPick}
    >
      <span class="quiet small">
        {clock(said.start_s, 1)}
        {said.speaker !== null && (
          <span class="who">
            <span class="dot" style={{ background: people.speakerColour(said.speaker) }} />
            {people.speakerName(said.speaker)}
          </span>
        )}
        {model.timeline.value.corrected.includes(said.id) && " · corrected"}
      </span>
      <span dir="auto">
        <Marked text={said.text} words={words} />
      </span>
    </button>
  );
}

/** Text with what was searched for marked. */
function Marked({ text, words }: { text: string; words: string }) {
  const wanted = words.trim().toLocaleLowerCase();
  const at = wanted === "" ? -1 : text.toLocaleLowerCase().indexOf(wanted);
  if (at < 0) return <>{text}</>;
  return (
    <>
      {text.slice(0, at)}
      <mark>{text.slice(at, at + wanted.length)}</mark>
      {text.slice(at + wanted.length)}
    </>
  );
}
