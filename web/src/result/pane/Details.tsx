import type { ComponentChildren } from "preact";
import { clock, duration, percent, plural } from "../../format";
import { Correct } from "../correct/Correct";
import type { FaceTrack, Person, Timeline, TimelineEvent, Utterance } from "../data/documents";
import type { ResultModel, Selected } from "../model";
import { personName } from "../people";
import { sentenceOf } from "../timeline/rows";

type Fact = [name: string, value: ComponentChildren];

/** What is known about what was selected. */
export function Details({ model }: { model: ResultModel }) {
  const selected = model.selected.value;
  if (!selected) {
    return (
      <p class="quiet">
        Select something on the time line, in the transcript or in the lists to see what is known about it.
      </p>
    );
  }
  const facts = factsOf(model, selected);
  if (!facts) return <p class="quiet">What was selected is no longer there: a correction took it away.</p>;
  return (
    <div class="pane-body">
      <h3>{NAMES[selected.kind]}</h3>
      <dl class="facts">
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd dir="auto">{value}</dd>
          </div>
        ))}
      </dl>
      <Correct model={model} selected={selected} />
    </div>
  );
}

const NAMES: Record<Selected["kind"], string> = {
  scene: "Scene",
  turn: "Turn",
  utterance: "Line of the transcript",
  event: "Event",
  person: "Person",
  face: "Face",
};

function factsOf(model: ResultModel, { kind, id }: Selected): Fact[] | null {
  const timeline = model.timeline.value;
  const of = <T extends { id: string }>(items: readonly T[]) => items.find((item) => item.id === id);
  const corrected: Fact[] = timeline.corrected.includes(id) ? [["Corrected", "by hand"]] : [];
  const facts = {
    scene: () => sceneFacts(timeline, id),
    turn: () => {
      const turn = of(timeline.turns);
      return (
        turn && [
          ["Speaker", model.people.value.speakerName(turn.speaker)],
          ...when(turn),
          sure(turn.confidence),
        ]
      );
    },
    utterance: () => {
      const said = of(timeline.utterances);
      return said && utteranceFacts(model, said);
    },
    event: () => {
      const event = of(timeline.events);
      return event && eventFacts(event);
    },
    person: () => {
      const person = of(timeline.persons);
      return person && personFacts(person);
    },
    face: () => {
      const face = timeline.faces.find(({ track }) => String(track) === id);
      return face && faceFacts(model, face);
    },
  }[kind]() as Fact[] | undefined;
  return facts ? [...facts, ...corrected] : null;
}

function sceneFacts(timeline: Timeline, id: string): Fact[] | undefined {
  const at = timeline.scenes.findIndex((scene) => scene.id === id);
  const scene = timeline.scenes[at];
  if (!scene) return undefined;
  return [
    ["Number", `${at + 1} of ${timeline.scenes.length}`],
    ...(scene.label === null ? [] : [["Label", scene.label] satisfies Fact]),
    ["Environment", scene.environment ?? "not known"],
    ...when(scene),
    sure(scene.score),
  ];
}

function utteranceFacts(model: ResultModel, said: Utterance): Fact[] {
  const scored = said.words.map((word) => word[3]).filter((score) => score !== null);
  const least = scored.length > 0 ? Math.min(...scored) : null;
  return [
    ["Text", said.text],
    ["Speaker", said.speaker === null ? "not known" : model.people.value.speakerName(said.speaker)],
    ["Language", said.language ?? "not known"],
    ...when(said),
    ["Words", said.words.length === 0 ? "no times of words" : String(said.words.length)],
    ["Least sure word", least === null ? "no confidence given" : percent(least)],
  ];
}

function eventFacts(event: TimelineEvent): Fact[] {
  return [["What", event.label], ["Track", sentenceOf(event.layer)], ...when(event), sure(event.score)];
}

function personFacts(person: Person): Fact[] {
  return [
    ["Name", personName(person)],
    ["Id", person.id],
    ["Role", person.label],
    sure(person.label_confidence, "Confidence of the role"),
    ["Tracks", person.tracks.join(", ")],
    ...seen(person.spans),
  ];
}

function faceFacts(model: ResultModel, face: FaceTrack): Fact[] {
  const person = face.person === null ? undefined : model.people.value.person(face.person);
  return [
    ["Track", String(face.track)],
    ["Person", person ? personName(person) : "not known"],
    ...seen(face.spans),
  ];
}

function when({ start_s, end_s }: { start_s: number; end_s: number }): Fact[] {
  return [
    ["From", clock(start_s)],
    ["To", clock(end_s)],
    ["Length", `${(end_s - start_s).toFixed(3)} s`],
  ];
}

function seen(spans: readonly (readonly [number, number])[]): Fact[] {
  const total = spans.reduce((sum, [start, end]) => sum + end - start, 0);
  return [["Seen", `${duration(total)} in ${plural(spans.length, "stretch", "stretches")}`]];
}

function sure(score: number | null, name = "Confidence"): Fact {
  return [name, score === null ? "none given" : percent(score)];
}
