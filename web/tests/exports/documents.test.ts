import { expect, it } from "vitest";
import { type FormatOffer, offersOf } from "../../src/exports/documents";

const offer = (format: string, applies: boolean, reason: string | null = null): FormatOffer => ({
  format,
  display_name: format.toUpperCase(),
  description: "",
  applies,
  reason,
  hint: null,
});

it("says for how many jobs a format applies, and each reason why not once, with its jobs", () => {
  const offers = offersOf(
    new Map([
      ["a.mp4", [offer("rttm", true), offer("mot", false, "Nobody was tracked.")]],
      ["b.mp4", [offer("rttm", false, "Nobody spoke."), offer("mot", false, "Nobody was tracked.")]],
    ]),
  );
  expect(offers).toEqual([
    {
      format: "rttm",
      name: "RTTM",
      description: "",
      applies: 1,
      reasons: [{ text: "Nobody spoke.", hint: null, jobs: ["b.mp4"] }],
    },
    {
      format: "mot",
      name: "MOT",
      description: "",
      applies: 0,
      reasons: [{ text: "Nobody was tracked.", hint: null, jobs: ["a.mp4", "b.mp4"] }],
    },
  ]);
});
