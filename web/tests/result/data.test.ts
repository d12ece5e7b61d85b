import { describe, expect, it } from "vitest";
import type { Decoder } from "../../src/result/data/decoder";
import type { RawWindow } from "../../src/result/data/documents";
import { Lru } from "../../src/result/data/lru";
import { bytesOf, holdS, type Packed, pack, shownFrame } from "../../src/result/data/packed";
import { plotted, pyramid, valueAt } from "../../src/result/data/pyramid";
import { FrameTimes, Intervals, lastAtOrBefore, lowerBound, nearest } from "../../src/result/data/search";
import { ViewSource } from "../../src/result/data/source";
import { LayerWindows } from "../../src/result/data/windows";

describe("searching", () => {
  it("finds the place among ascending numbers", () => {
    const values = [1, 2, 2, 5];
    expect([0, 1, 2, 3, 6].map((value) => lowerBound(values, value))).toEqual([0, 0, 1, 3, 4]);
    expect([0, 1, 2, 3, 6].map((value) => lastAtOrBefore(values, value))).toEqual([-1, 0, 2, 2, 3]);
    expect([0, 3.4, 3.6, 9].map((value) => nearest(values, value))).toEqual([0, 2, 3, 3]);
    expect(nearest([], 1)).toBe(-1);
  });

  it("finds intervals that touch a stretch, long ones from far before too", () => {
    const spans = [
      { start_s: 0, end_s: 100 },
      { start_s: 1, end_s: 2 },
      { start_s: 3, end_s: 4 },
      { start_s: 50, end_s: 51 },
    ];
    const intervals = new Intervals(spans);
    const [first, end] = intervals.range(10, 60);
    expect(spans.slice(first, end).filter((span) => span.end_s >= 10)).toEqual([spans[0], spans[3]]);
    expect([intervals.at(1.5), intervals.at(2), intervals.at(50.5), intervals.at(100)]).toEqual([
      1, 0, 3, -1,
    ]);
  });
});

describe("frames of a video whose rate varies", () => {
  const frames = new FrameTimes(Float64Array.of(0, 0.04, 0.14, 0.15, 0.4));

  it("are named by the time that the player gives, rounded as it may be", () => {
    expect([0, 0.0400004, 0.1399996, 0.15, 0.4].map((time) => frames.frameOf(time))).toEqual([0, 1, 2, 3, 4]);
  });

  it("are sought inside their own time", () => {
    for (let frame = 0; frame < frames.count; frame += 1) {
      expect(frames.frameShownAt(frames.seekTime(frame))).toBe(frame);
      expect(frames.frameShownAt(frames.time(frame))).toBe(frame);
    }
    expect(frames.frameShownAt(-1)).toBe(0);
  });
});

const persons = (frames: { i: number; t: number }[], at: number[][]): RawWindow => ({
  frames,
  tracks: at.map((seen, number) => ({
    id: number + 1,
    at: seen,
    box: seen.map((k): [number, number, number, number] => [10 * k, 20, 305, 400]),
    score: seen.map((k) => (k === 0 ? null : 0.5)),
    evidence: seen.map(() => "d").join(""),
    pose: seen.map((k) => (k === 0 ? null : Array.from({ length: 68 }, (_, n) => n))),
  })),
});

describe("a packed window", () => {
  const raw = persons(
    [
      { i: 10, t: 0.4 },
      { i: 15, t: 0.6 },
      { i: 20, t: 0.8 },
    ],
    [
      [0, 1, 2],
      [1, 2],
    ],
  );
  const packed = pack("persons", 0, 10, raw, 0);

  it("holds each frame's observations side by side, in pixels", () => {
    expect([...packed.first]).toEqual([0, 1, 3, 5]);
    expect([...packed.track]).toEqual([1, 1, 2, 1, 2]);
    expect([...packed.box.slice(4, 8)]).toEqual([1, 2, 30.5, 40]);
    expect(packed.score[0]).toBeNaN();
    expect(packed.pose[0]).toBeNaN();
    expect([packed.pose[51], packed.pose[53]]).toEqual([0, 2]);
    expect(bytesOf(packed)).toBeGreaterThan(5 * 17 * 3 * 4);
  });

  it("shows an observation on its own frame, or until the next sample, but no longer", () => {
    const hold = holdS(packed);
    expect(hold).toBeCloseTo(0.2);
    expect([9, 10, 12, 15, 19].map((frame) => shownFrame(packed, frame, frame / 25, hold))).toEqual([
      -1, 0, 0, 1, 1,
    ]);
    expect([24, 25, 26].map((frame) => shownFrame(packed, frame, frame / 25, hold))).toEqual([2, -1, -1]);
  });

  it("is never held where every frame was looked at", () => {
    const each = pack(
      "persons",
      0,
      1,
      persons(
        [0, 1, 2].map((i) => ({ i, t: i / 25 })),
        [[0, 1, 2]],
      ),
      0,
    );
    expect(holdS(each)).toBe(0);
    expect(shownFrame(each, 3, 3 / 25, 0)).toBe(-1);
  });
});

describe("signals", () => {
  const times = Float64Array.from({ length: 10_000 }, (_, k) => k / 10);
  const values = Float32Array.from({ length: 10_000 }, (_, k) =>
    k === 5000 ? 9 : k % 100 === 7 ? Number.NaN : 0.5,
  );

  it("keep their peaks however far away they are looked at, and cost what is shown", () => {
    const made = pyramid(times, values);
    let count = 0;
    let top = 0;
    plotted(made, 0, 1000, 100, (_, __, greatest) => {
      count += 1;
      top = Math.max(top, greatest || 0);
    });
    expect(top).toBe(9);
    expect(count).toBeLessThan(401);
  });

  it("have no value where none was measured", () => {
    const made = pyramid(times, values);
    expect([valueAt(made, 500.05, 1), valueAt(made, 0.75, 1), valueAt(made, 2000, 1)]).toEqual([
      9,
      null,
      null,
    ]);
  });
});

describe("what is kept", () => {
  it("is bounded, the least recently used going first", () => {
    const dropped: string[] = [];
    const lru = new Lru<string>(10, (value) => dropped.push(value));
    lru.put("a", "A", 4);
    lru.put("b", "B", 4);
    lru.get("a");
    lru.put("c", "C", 4);
    expect([dropped, lru.bytes, lru.has("a")]).toEqual([["B"], 8, true]);
    lru.put("huge", "H", 99);
    expect(lru.get("huge")).toBe("H");
  });
});

describe("windows", () => {
  const place = {
    name: "view/persons.bin",
    window_s: 10,
    windows: [0, 1, 2, 3, 4].map((n): [number, number, number, number] => [
      10 * n,
      10 * n + 10,
      100 * n,
      n === 4 ? 0 : 100,
    ]),
  };

  function scene() {
    const asked: { range: string; signal: AbortSignal; answer: () => void }[] = [];
    const request = (_: string, options: { headers?: Record<string, string>; signal?: AbortSignal } = {}) =>
      new Promise<Response>((resolve, reject) => {
        const signal = options.signal as AbortSignal;
        signal.addEventListener("abort", () => reject(signal.reason));
        asked.push({
          range: options.headers?.Range ?? "",
          signal,
          answer: () => resolve(new Response(new Uint8Array(100), { status: 206 })),
        });
      });
    const decoder: Decoder = {
      window: async (layer, startS, endS) =>
        pack(layer, startS, endS, persons([{ i: 25 * startS, t: startS }], [[0]]), 0),
      signal: () => Promise.reject(new Error("not asked for")),
      close: () => undefined,
    };
    const cache = new Lru<Packed>(1e6);
    let changes = 0;
    const source = new ViewSource("job", request as never);
    const windows = new LayerWindows("persons", place, source, decoder, cache, () => {
      changes += 1;
    });
    return { asked, windows, changes: () => changes };
  }
  const settle = () => new Promise((resolve) => setTimeout(resolve, 0));

  it("are fetched by range around the place that is looked at, the next one ahead", async () => {
    const { asked, windows, changes } = scene();
    expect(windows.shown(0, 0)).toBe("loading");
    windows.want(0);
    expect(asked.map((request) => request.range)).toEqual(["bytes=0-99", "bytes=100-199"]);
    for (const request of asked) request.answer();
    await settle();
    expect(changes()).toBe(2);
    expect(windows.shown(0, 0)).toMatchObject({ first: 0, end: 1, heldS: 0 });
    expect(windows.shown(1, 0.04)).toBeNull();
    windows.want(1);
    expect(asked).toHaveLength(2);
  });

  it("are given up when somewhere else is looked at, and a late answer changes nothing", async () => {
    const { asked, windows, changes } = scene();
    windows.want(5);
    windows.want(35);
    expect(asked.map((request) => request.signal.aborted)).toEqual([true, true, false, false]);
    asked[0]?.answer();
    await settle();
    expect([windows.shown(125, 5), changes()]).toEqual(["loading", 0]);
    expect(windows.shown(1100, 44)).toBeNull(); // an empty window is known without asking
    expect(windows.shown(2000, 80)).toBeNull();
  });
});
