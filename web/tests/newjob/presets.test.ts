import { readFileSync } from "node:fs";
import { beforeEach, describe, expect, it } from "vitest";
import type { PipelineInfo } from "../../src/api/documents";
import { fieldsOf } from "../../src/newjob/fields";
import { fileOf, fitted, keep, presetIn, presets, removePreset, rename } from "../../src/newjob/presets";

const pipelines = JSON.parse(readFileSync("tests/newjob/pipelines.json", "utf8")) as PipelineInfo[];
const fields = Object.fromEntries(pipelines.map((info) => [info.name, fieldsOf(info.config_schema)]));
const PRESET = {
  name: "Dyads: <b>/day 1",
  selected_pipelines: ["scene_detection", "audio"],
  config: { audio_processing: { speech_recognition: { threshold: 0.7 } } },
};

describe("a preset", () => {
  beforeEach(() => {
    for (const { name } of presets.value) removePreset(name);
  });

  it("is kept in the browser, can be renamed and deleted, and never takes a name twice", () => {
    keep(PRESET);
    keep({ ...PRESET, name: "B" });
    keep({ ...PRESET, name: "B", selected_pipelines: [] });
    expect(presets.value.map((one) => one.name)).toEqual(["B", PRESET.name]);
    rename("B", PRESET.name);
    expect(presets.value).toEqual([{ ...PRESET, selected_pipelines: [] }]);
    expect(JSON.parse(localStorage.getItem("videoannotator.presets") ?? "")).toEqual(presets.value);
    removePreset(PRESET.name);
    expect(presets.value).toEqual([]);
  });

  it("comes back out of its file as it was", () => {
    const { name, text } = fileOf(PRESET);
    expect(name).toBe("Dyads_ _b_day 1.preset.json");
    expect(JSON.parse(text)).toMatchObject({ videoannotator_preset: 1 });
    expect(presetIn(text, name)).toEqual(PRESET);
  });

  it("is refused in words where a file holds something else", () => {
    const wrong: [string, string][] = [
      ["{", "holds no JSON"],
      ["[1]", 'does not say "videoannotator_preset": 1'],
      ['{"videoannotator_preset": 2}', "kind that this version does not know: 2"],
      ['{"videoannotator_preset": 1, "config": {}}', "which pipelines"],
      ['{"videoannotator_preset": 1, "selected_pipelines": [1], "config": {}}', "which pipelines"],
      ['{"videoannotator_preset": 1, "selected_pipelines": [], "config": {"a": 1}}', "not of the form"],
    ];
    for (const [text, words] of wrong) expect(() => presetIn(text, "x.json")).toThrow(words);
    expect(presetIn('{"videoannotator_preset": 1, "selected_pipelines": [], "config": {}}', "x").name).toBe(
      "x",
    );
  });

  it("is put in today's names, and what there is not is named", () => {
    const found = fitted(
      {
        name: "old",
        selected_pipelines: ["audio", "scene_detection", "gone"],
        config: {
          audio: { speech_recognition: { threshold: 0.7 }, strange: 1 },
          scene_detection: { cut: 20 },
          lost: { a: 1 },
        },
      },
      pipelines,
      fields,
      [
        {
          field: "cut",
          message: "",
          code: "DEPRECATED_NAME",
          hint: null,
          suggestion: "threshold",
          pipeline: "scene_detection",
        },
      ],
    );
    expect(found.selection).toEqual(["audio_processing", "scene_detection"]);
    expect(found.unknown).toEqual(["gone", "audio_processing.strange", "lost"]);
    expect(found.drafts).toEqual({
      audio_processing: { "speech_recognition.threshold": "0.7" },
      scene_detection: { threshold: "20" },
    });
  });
});
