import type { FaceTrack, Person, Speaker, Timeline } from "./data/documents";

/** Told apart also by most who see few colours (Okabe & Ito 2008, Color Universal Design). */
export const COLOURS = [
  "#e69f00",
  "#56b4e9",
  "#009e73",
  "#f0e442",
  "#0072b2",
  "#d55e00",
  "#cc79a7",
  "#bebebe",
] as const;

/** Who is who in one time line: the names and colours of tracks, persons and speakers. */
export class People {
  private readonly personOfTrack = new Map<number, Person>();
  private readonly personById = new Map<string, Person>();
  private readonly faceByTrack = new Map<number, FaceTrack>();
  private readonly speakerById = new Map<string, Speaker>();

  constructor(timeline: Timeline) {
    for (const person of timeline.persons) {
      this.personById.set(person.id, person);
      for (const track of person.tracks) this.personOfTrack.set(track, person);
    }
    for (const face of timeline.faces) this.faceByTrack.set(face.track, face);
    for (const speaker of timeline.speakers) this.speakerById.set(speaker.id, speaker);
  }

  /** A person's colour is that of their id, so that it stays whatever else is renamed or merged. */
  personColour(id: string): string {
    return colourOf(id);
  }

  trackColour(track: number): string {
    return colourOf(this.personOfTrack.get(track)?.id ?? `track/${track}`);
  }

  trackName(track: number): string {
    const person = this.personOfTrack.get(track);
    return person && !person.id.startsWith("track/") ? `#${track} ${personName(person)}` : `#${track}`;
  }

  faceColour(track: number): string {
    return colourOf(this.faceByTrack.get(track)?.person ?? `face/${track}`);
  }

  faceName(track: number): string {
    const id = this.faceByTrack.get(track)?.person;
    const person = id ? this.personById.get(id) : undefined;
    return person ? `face ${track} ${person.name}` : `face ${track}`;
  }

  person(id: string): Person | undefined {
    return this.personById.get(id);
  }

  speakerName(id: string): string {
    return this.speakerById.get(id)?.name ?? id;
  }

  speakerColour(id: string): string {
    return colourOf(id);
  }
}

/** A name with the role, where one is known. */
export function personName(person: Person): string {
  const name =
    person.id.startsWith("track/") && person.name === person.id ? `track ${person.id.slice(6)}` : person.name;
  return person.label === "unknown" ? name : `${name} (${person.label})`;
}

function colourOf(id: string): string {
  const digits = /(\d+)$/.exec(id)?.[1];
  const number =
    digits === undefined ? [...id].reduce((sum, letter) => sum + letter.charCodeAt(0), 1) : Number(digits);
  const from = id.startsWith("speaker") || id.startsWith("SPEAKER") ? 4 : 0;
  return COLOURS[(number + COLOURS.length - 1 + from) % COLOURS.length] as string;
}
