import { describe, expect, it } from "vitest";
import type { Timeline, Utterance } from "../../src/result/data/documents";
import { FrameTimes } from "../../src/result/data/search";
import { Heights } from "../../src/result/pane/heights";
import { COLOURS, People } from "../../src/result/people";
import { isDark } from "../../src/result/player/brush";
import { captionAt } from "../../src/result/player/captions";
import { contained, projection, rayTip } from "../../src/result/player/geometry";
import { placed, rowsOf } from "../../src/result/timeline/rows";
import { ticksFor } from "../../src/result/timeline/ruler";
import { TimelineView } from "../../src/result/timeline/view";

const TIMELINE: Timeline = {
  revision: 0,
  scenes: [{ id: "s/0", start_s: 0, end_s: 5, score: 1, label: null, environment: "kitchen" }],
  speakers: [{ id: "speaker_001", name: "Anna", talking_s: 3 }],
  turns: [
    { id: "t/0", speaker: "speaker_001", start_s: 0, end_s: 1, confidence: null },
    { id: "t/1", speaker: "speaker_002", start_s: 1, end_s: 2, confidence: null },
  ],
  utterances: [],
  persons: [
    {
      id: "person_001",
      name: "Anna",
      label: "adult",
      label_confidence: 0.9,
      tracks: [4, 9],
      spans: [
        [0, 1],
        [2, 3],
      ],
    },
    {
      id: "track/7",
      name: "track/7",
      label: "unknown",
      label_confidence: null,
      tracks: [7],
      spans: [[1, 2]],
    },
  ],
  faces: [{ track: 3, person: "person_001", spans: [[0, 1]] }],
  events: [
    { id: "e/0", start_s: 0, end_s: 1, label: "dog", score: 0.5, layer: "audio_events" },
    { id: "e/1", start_s: 2, end_s: 3, label: "loud", score: null, layer: "audio_quality" },
  ],
  corrected: [],
};

describe("the picture on the stage", () => {
  it("lies in the middle, whole, and marks lie on its own pixels, square or not", () => {
    expect(contained(1000, 500, 640, 512)).toEqual({
      left: 187.5,
      top: 0,
      width: 625,
      height: 500,
    });
    const place = projection(contained(1024, 576, 1024, 576), 720, 576);
    expect([place.perX, place.perY]).toEqual([1024 / 720, 1]);
    expect(contained(100, 100, 0, 0).width).toBe(0);
  });

  it("shows rays as they point: right is right, up is up, at the camera is short", () => {
    const [x, y] = rayTip(0, 0, 90, 0, 10);
    expect([Math.round(x), Math.round(y)]).toEqual([10, 0]);
    expect(rayTip(0, 0, 0, 90, 10)[1]).toBeCloseTo(-10);
    expect(Math.hypot(...rayTip(0, 0, 0, 0, 10))).toBeCloseTo(0);
  });

  it("writes on colours in what can be read", () => {
    for (const colour of COLOURS) expect(isDark(colour)).toBe(colour === "#0072b2");
  });
});

describe("who is who", () => {
  const people = new People(TIMELINE);

  it("gives a person, their tracks and their face one colour, whatever they are called", () => {
    const colour = people.personColour("person_001");
    expect([people.trackColour(4), people.trackColour(9), people.faceColour(3)]).toEqual([
      colour,
      colour,
      colour,
    ]);
    expect(people.trackName(9)).toBe("#9 Anna (adult)");
    expect([people.trackName(7), people.faceName(3), people.faceName(8)]).toEqual([
      "#7",
      "face 3 Anna",
      "face 8",
    ]);
    expect(new Set([1, 2, 3, 4, 5, 6, 7, 8].map((n) => people.personColour(`person_00${n}`))).size).toBe(8);
  });
});

describe("captions", () => {
  const words = Array.from({ length: 40 }, (_, k): Utterance["words"][number] => [
    k,
    k + 1,
    `word${k}`,
    null,
    null,
  ]);
  const said: Utterance = {
    id: "u",
    start_s: 0,
    end_s: 40,
    text: words.map((w) => w[2]).join(" "),
    speaker: null,
    language: null,
    words,
  };

  it("show the part around the word that is being spoken", () => {
    expect(captionAt(said, 0)).toMatch(/^word0 /);
    expect(captionAt(said, 0).length).toBeLessThanOrEqual(84);
    for (const timeS of [0, 10, 20.5, 39.9])
      expect(captionAt(said, timeS)).toContain(`word${Math.floor(timeS)}`);
    for (const timeS of [0, 20.5, 39.9])
      expect(captionAt({ ...said, words: [] }, timeS)).toContain(`word${Math.floor(timeS)}`);
  });
});

describe("the time line", () => {
  it("has a row for each speaker, person, face and kind of event", () => {
    const rows = rowsOf(TIMELINE, new People(TIMELINE), { waveform: true, thumbnails: true });
    expect(rows.map((row) => row.label)).toEqual([
      "Sound",
      "Scenes",
      "Anna",
      "Audio events",
      "Audio quality",
      "Anna (adult)",
      "track 7",
      "face 3 Anna",
    ]);
    const { rows: places, height } = placed(rows, 16);
    expect(places[1]?.top).toBe(48 + 4);
    expect(height).toBe((places.at(-1)?.top ?? 0) + (places.at(-1)?.height ?? 0) + 4);
  });

  it("zooms around a place, from all of it to a few frames, and stays inside", () => {
    const frames = new FrameTimes(Float64Array.from({ length: 90_000 }, (_, k) => k / 25));
    const view = new TimelineView(3600, frames);
    view.zoom(0.5, 900);
    expect(view.shown.value).toEqual({ startS: 450, endS: 2250 });
    for (let k = 0; k < 40; k += 1) view.zoom(0.5, 900);
    expect(view.spanS).toBeCloseTo(8 / 25, 2);
    expect((900 - view.shown.value.startS) / view.spanS).toBeCloseTo(0.25, 5);
    view.pan(1e6);
    expect(view.shown.value.endS).toBeCloseTo(3600);
    view.reveal(10);
    expect(view.shown.value.startS).toBeLessThan(10);
    expect(view.shown.value.endS).toBeGreaterThan(10);
    view.fit();
    expect(view.shown.value).toEqual({ startS: 0, endS: 3600 });
  });

  it("labels ticks that do not touch", () => {
    for (const perS of [0.01, 0.4, 3, 20, 150, 4000]) {
      const { stepS, decimals } = ticksFor(perS, 80);
      if (stepS < 18000) expect(stepS * perS).toBeGreaterThanOrEqual(80);
      expect(Number(stepS.toFixed(decimals))).toBe(stepS);
    }
  });
});

describe("a long list", () => {
  it("knows where its entries lie, guessed and measured", () => {
    const heights = new Heights(1000, 20);
    expect([heights.top(500), heights.at(10_005), heights.top(1000)]).toEqual([10_000, 500, 20_000]);
    expect(heights.measured(3, 50)).toBe(true);
    expect(heights.measured(3, 50)).toBe(false);
    expect([heights.top(3), heights.top(4), heights.top(500), heights.at(-5), heights.at(1e9)]).toEqual([
      60, 110, 10_030, 0, 999,
    ]);
  });
});
