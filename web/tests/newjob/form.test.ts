import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { PipelineInfo } from "../../src/api/documents";
import { type Field, fieldsOf, named } from "../../src/newjob/fields";
import { includedIn, tagsIn } from "../../src/newjob/form";
import {
  type Drafts,
  draftOf,
  draftsOf,
  flat,
  isChanged,
  meaningOf,
  optionsOf,
} from "../../src/newjob/values";

/** The real pipelines: `python -m tests.web.pipelines_fixture` writes them anew. */
const pipelines = JSON.parse(readFileSync("tests/newjob/pipelines.json", "utf8")) as PipelineInfo[];
const fields = Object.fromEntries(pipelines.map((info) => [info.name, fieldsOf(info.config_schema)]));

function field(pipeline: string, path: string): Field {
  const found = flat(fields[pipeline] ?? []).find((one) => one.path === path);
  if (found === undefined) throw new Error(`no field ${pipeline}.${path}`);
  return found;
}

describe("the fields of the real pipelines", () => {
  it("all have a control of their kind and say what they mean", () => {
    for (const [name, all] of Object.entries(fields)) {
      expect(all.length, name).toBeGreaterThan(0);
      for (const one of flat(all)) {
        expect(one.kind, `${name}.${one.path}`).not.toBe("json");
        expect(one.description, `${name}.${one.path}`).not.toBe("");
        if (one.kind === "choice") expect(one.choices.length).toBeGreaterThan(1);
        if (one.kind === "rows") expect(one.fields.length).toBeGreaterThan(1);
      }
    }
  });

  it("send nothing as long as nothing is changed, also when every control was touched", () => {
    for (const [name, all] of Object.entries(fields)) {
      const touched = Object.fromEntries(flat(all).map((one) => [one.path, draftOf(one, one.fallback)]));
      expect(optionsOf(all, touched), name).toEqual({});
      expect(optionsOf(all, {}), name).toEqual({});
    }
  });

  it("know bounds, units, defaults and what may be left out", () => {
    expect(field("face_analysis", "max_faces")).toMatchObject({
      kind: "integer",
      label: "Max faces",
      unit: null,
      accepts: "1 to 100.",
      fallback: 10,
      nullable: false,
    });
    expect(field("face_analysis", "rate_hz")).toMatchObject({ kind: "number", unit: "Hz", nullable: true });
    expect(field("audio_processing", "speaker_diarization.num_speakers")).toMatchObject({
      kind: "integer",
      nullable: true,
      fallback: null,
      accepts: "1 to 20. Empty: left out.",
    });
    expect(field("audio_processing", "speech_recognition.backend")).toMatchObject({
      kind: "choice",
      choices: ["moonshine", "faster-whisper"],
      fallback: "moonshine",
    });
    expect(field("audio_events", "classes")).toMatchObject({ kind: "list", lines: "text", fallback: [] });
    const labels = field("audio_processing", "speaker_diarization.labels");
    expect(labels.kind).toBe("rows");
    expect(labels.fields.map((part) => [part.name, part.kind, part.required, part.nullable])).toEqual([
      ["label", "text", true, false],
      ["speaker", "text", false, true],
      ["start_s", "number", false, true],
      ["end_s", "number", false, true],
    ]);
  });

  it("tell which pipeline does the work of which", () => {
    const selected = ["speech_recognition", "audio_processing", "scene_detection"];
    expect([...includedIn(selected, fields)]).toEqual([["speech_recognition", "audio_processing"]]);
    expect(includedIn(["speech_recognition"], fields).size).toBe(0);
  });
});

describe("what is typed", () => {
  it("is sent as the type that the option has, and only where it differs from the default", () => {
    const drafts: Drafts = {
      "speech_recognition.threshold": "0.7",
      "speech_recognition.word_times": false,
      "speech_recognition.min_pause_s": "0.6",
      "speaker_diarization.num_speakers": "2",
      "speaker_diarization.labels": [
        { label: "Ana", speaker: "speaker_001", start_s: "", end_s: "" },
        { label: "", speaker: "", start_s: "1.5", end_s: "2" },
      ],
    };
    expect(optionsOf(fields.audio_processing ?? [], drafts)).toEqual({
      speech_recognition: { threshold: 0.7, word_times: false },
      speaker_diarization: {
        num_speakers: 2,
        labels: [
          { label: "Ana", speaker: "speaker_001" },
          { label: "", start_s: 1.5, end_s: 2 },
        ],
      },
    });
    expect(isChanged(field("audio_processing", "speech_recognition.min_pause_s"), drafts)).toBe(false);
  });

  it("goes to the server as it stands when it is no number: nothing else is made of it", () => {
    const max = field("face_analysis", "max_faces");
    for (const text of ["", "ten", "1,5", "0x10", "1e", "NaN", "Infinity", "1 2"])
      expect(meaningOf(max, text)).toBe(text);
    for (const [text, number] of [
      [" 7 ", 7],
      ["-1", -1],
      ["1e2", 100],
      [".5", 0.5],
      ["2.", 2],
    ] as const)
      expect(meaningOf(max, text)).toBe(number);
    expect(meaningOf(field("face_analysis", "rate_hz"), " ")).toBe(null);
  });

  it("of lists is one per line", () => {
    const classes = field("audio_events", "classes");
    expect(meaningOf(classes, "Laughter\n\n  Crying, sobbing \n")).toEqual(["Laughter", "Crying, sobbing"]);
    expect(draftOf(classes, ["a", "b"])).toBe("a\nb");
  });

  it("comes back out of options that were saved, and what there is not is named", () => {
    const options = {
      speech_recognition: { threshold: 0.7, language: "de", nonsense: 1 },
      speaker_diarization: { labels: [{ label: "Ana", speaker: "speaker_001" }], num_speakers: null },
      other: true,
    };
    const found = draftsOf(fields.audio_processing ?? [], options);
    expect(found.unknown).toEqual(["speech_recognition.nonsense", "other"]);
    expect(optionsOf(fields.audio_processing ?? [], found.drafts)).toEqual({
      speech_recognition: { threshold: 0.7, language: "de" },
      speaker_diarization: { labels: [{ label: "Ana", speaker: "speaker_001" }] },
    });
  });

  it("as tags has commas between", () => {
    expect(tagsIn(" pilot, ,day 2,pilot,")).toEqual(["pilot", "day 2"]);
    expect(tagsIn("")).toEqual([]);
  });
});

describe("schemas that our own pipelines do not use", () => {
  const [one, two, three, four, five, six] = fieldsOf({
    properties: {
      anything: { anyOf: [{ type: "number" }, { type: "string" }], default: 1 },
      table: { type: "object", additionalProperties: { type: "number" }, default: {} },
      maybe: { type: ["boolean", "null"], default: null },
      size: { exclusiveMinimum: 0, type: "number", default: 1 },
      group: { allOf: [{ $ref: "#/$defs/G" }], default: { inner: 5 } },
      numbers: { type: "array", items: { type: "integer" }, default: [1] },
    },
    $defs: { G: { type: "object", properties: { inner: { type: "integer", default: 1 } } } },
  });

  it("can be filled in as JSON where there is no better control", () => {
    expect([one?.kind, two?.kind]).toEqual(["json", "json"]);
    expect(two && meaningOf(two, '{"a": 1}')).toEqual({ a: 1 });
    expect(two && meaningOf(two, '{"a": ')).toBe('{"a": ');
    expect(one && optionsOf([one], { anything: draftOf(one, 1) })).toEqual({});
  });

  it("may leave a switch open, have open bounds, and defaults of whole groups", () => {
    expect(maybeOf("")).toBe(null);
    expect(maybeOf("true")).toBe(true);
    expect(four?.accepts).toBe("More than 0.");
    expect(five?.fields[0]).toMatchObject({ path: "group.inner", fallback: 5 });
    expect(six && meaningOf(six, "1\ntwo\n3")).toEqual([1, "two", 3]);
  });

  function maybeOf(text: string): unknown {
    return three && meaningOf(three, text);
  }

  it("do not lead around in circles", () => {
    const tree = { $ref: "#/$defs/T" };
    const found = fieldsOf({
      properties: { tree },
      $defs: { T: { type: "object", properties: { left: tree, size: { type: "integer" } } } },
    });
    expect(flat(found).map((leaf) => leaf.kind)).toContain("json");
  });
});

describe("names", () => {
  it("are words, with the unit apart", () => {
    expect(named("min_speaker_s")).toEqual({ label: "Min speaker", unit: "s" });
    expect(named("iou_threshold")).toEqual({ label: "Iou threshold", unit: null });
    expect(named("s")).toEqual({ label: "S", unit: null });
  });
});
