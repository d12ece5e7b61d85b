import type { Span, Timeline } from "../data/documents";
import { Intervals } from "../data/search";
import type { ChosenSignals } from "../data/signals";
import type { ItemKind } from "../model";
import { type People, personName } from "../people";

/** A group of rows that is shown or hidden as a whole. */
export type Group =
  | "waveform"
  | "scenes"
  | "speakers"
  | "transcript"
  | "events"
  | "persons"
  | "faces"
  | "signals";

export const GROUPS: readonly { group: Group; name: string }[] = [
  { group: "waveform", name: "Waveform" },
  { group: "scenes", name: "Scenes" },
  { group: "speakers", name: "Speakers" },
  { group: "transcript", name: "Transcript" },
  { group: "events", name: "Events" },
  { group: "persons", name: "Persons" },
  { group: "faces", name: "Faces" },
  { group: "signals", name: "Signals" },
];

/** Something on the time line that can be selected. */
export interface Item {
  kind: ItemKind;
  /** Of the record or of whom it is about: what corrections name. */
  id: string;
  start_s: number;
  end_s: number;
  label: string;
  /** Null: the row's plain colour. */
  colour: string | null;
  words?: readonly [number, number, string][];
}

export interface Row {
  key: string;
  group: Group;
  label: string;
  type: "wave" | "scenes" | "bars" | "words" | "plot";
  /** Height, rem. */
  height: number;
  items: Intervals<Item>;
  /** Of a plot: which signal. */
  signal?: string;
}

const NONE = new Intervals<Item>([]);

/** All rows that a time line has, in the order in which they are drawn. */
export function rowsOf(
  timeline: Timeline,
  people: People,
  has: { waveform: boolean; thumbnails: boolean },
): Row[] {
  return [
    ...(has.waveform ? [row("waveform", "waveform", "Sound", "wave", 3, [])] : []),
    ...sceneRow(timeline, has.thumbnails),
    ...speakerRows(timeline, people),
    ...transcriptRow(timeline, people),
    ...eventRows(timeline),
    ...timeline.persons.map((person) => {
      const label = personName(person);
      const items = spanItems("person", person.id, label, people.personColour(person.id), person.spans);
      return row("persons", `person/${person.id}`, label, "bars", 1.3, items);
    }),
    ...timeline.faces.map((face) => {
      const label = people.faceName(face.track);
      const items = spanItems("face", String(face.track), label, people.faceColour(face.track), face.spans);
      return row("faces", `face/${face.track}`, label, "bars", 1.3, items);
    }),
  ];
}

export function signalRows(signals: ChosenSignals): Row[] {
  return signals.chosen.value.flatMap((id) => {
    const place = signals.place(id);
    if (!place) return [];
    return [
      { ...row("signals", `signal/${id}`, `${place.group} ${place.label}`, "plot", 3.5, []), signal: id },
    ];
  });
}

function sceneRow(timeline: Timeline, thumbnails: boolean): Row[] {
  if (timeline.scenes.length === 0 && !thumbnails) return [];
  const items = timeline.scenes.map((scene, number): Item => {
    const label = scene.label ?? scene.environment ?? `Scene ${number + 1}`;
    return { kind: "scene", id: scene.id, start_s: scene.start_s, end_s: scene.end_s, label, colour: null };
  });
  return [row("scenes", "scenes", "Scenes", "scenes", thumbnails ? 3.6 : 1.6, items)];
}

function speakerRows(timeline: Timeline, people: People): Row[] {
  return timeline.speakers.map((speaker) => {
    const items = timeline.turns
      .filter((turn) => turn.speaker === speaker.id)
      .map(({ id, start_s, end_s }): Item => {
        return {
          kind: "turn",
          id,
          start_s,
          end_s,
          label: speaker.name,
          colour: people.speakerColour(speaker.id),
        };
      });
    return row("speakers", `speaker/${speaker.id}`, speaker.name, "bars", 1.4, items);
  });
}

function transcriptRow(timeline: Timeline, people: People): Row[] {
  if (timeline.utterances.length === 0) return [];
  const items = timeline.utterances.map((said): Item => {
    return {
      kind: "utterance",
      id: said.id,
      start_s: said.start_s,
      end_s: said.end_s,
      label: said.text,
      colour: said.speaker === null ? null : people.speakerColour(said.speaker),
      words: said.words.map(([start, end, text]): [number, number, string] => [start, end, text]),
    };
  });
  return [row("transcript", "transcript", "Transcript", "words", 2, items)];
}

function eventRows(timeline: Timeline): Row[] {
  const layers = new Map<string, Item[]>();
  for (const { id, start_s, end_s, label, layer } of timeline.events) {
    const items = layers.get(layer) ?? [];
    items.push({ kind: "event", id, start_s, end_s, label, colour: null });
    layers.set(layer, items);
  }
  return [...layers].map(([layer, items]) =>
    row("events", `events/${layer}`, sentenceOf(layer), "bars", 1.4, items),
  );
}

function spanItems(
  kind: ItemKind,
  id: string,
  label: string,
  colour: string,
  spans: readonly Span[],
): Item[] {
  return spans.map(([start_s, end_s]) => ({ kind, id, start_s, end_s, label, colour }));
}

function row(
  group: Group,
  key: string,
  label: string,
  type: Row["type"],
  height: number,
  items: Item[],
): Row {
  return { key, group, label, type, height, items: items.length === 0 ? NONE : new Intervals(items) };
}

/** `audio_events` as people read it: `Audio events`. */
export function sentenceOf(name: string): string {
  const words = name.replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** A row with its place from the top, CSS pixels. */
export interface Placed {
  row: Row;
  top: number;
  height: number;
}

export function placed(rows: readonly Row[], rem: number): { rows: Placed[]; height: number } {
  let top = 0;
  const made = rows.map((row) => {
    const place = { row, top, height: Math.round(row.height * rem) };
    top += place.height + Math.round(0.25 * rem);
    return place;
  });
  return { rows: made, height: top };
}
