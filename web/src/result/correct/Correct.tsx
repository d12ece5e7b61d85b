import type { ResultModel, Selected } from "../model";
import { personName } from "../people";
import { Names } from "./Names";
import { segmentOf } from "./parts";
import { Times } from "./Times";
import { SpeakerForm, TextForm } from "./Words";

/** What can be corrected on what is selected. What is typed stays until something else is selected. */
export function Correct({ model, selected }: { model: ResultModel; selected: Selected }) {
  const timeline = model.timeline.value;
  const { kind, id } = selected;
  const segment = segmentOf(timeline, selected);
  const person = kind === "person" ? timeline.persons.find((one) => one.id === id) : undefined;
  const said = kind === "utterance" ? timeline.utterances.find((one) => one.id === id) : undefined;
  const turn = kind === "turn" ? timeline.turns.find((one) => one.id === id) : undefined;
  const speakerId = turn?.speaker ?? said?.speaker;
  const speaker = timeline.speakers.find((one) => one.id === speakerId);
  if (!segment && !person) return null;
  return (
    <section class="correct" aria-label="Correct" key={`${kind}/${id}`}>
      <h3>Correct</h3>
      {person && (
        <Names
          model={model}
          who={person}
          what="person"
          others={timeline.persons
            .filter((one) => one.id !== id)
            .map((one) => ({ id: one.id, name: personName(one) }))}
          rename="rename_person"
          merge="merge_persons"
        />
      )}
      {said && <TextForm model={model} said={said} />}
      {said && <SpeakerForm model={model} id={id} speaker={said.speaker} mayBeNobody />}
      {turn && <SpeakerForm model={model} id={id} speaker={turn.speaker} mayBeNobody={false} />}
      {segment && <Times model={model} selected={selected} segment={segment} />}
      {speaker && (
        <Names
          key={speaker.id}
          model={model}
          who={speaker}
          what="speaker"
          others={timeline.speakers.filter((one) => one.id !== speaker.id)}
          rename="rename_speaker"
          merge="merge_speakers"
        />
      )}
    </section>
  );
}
