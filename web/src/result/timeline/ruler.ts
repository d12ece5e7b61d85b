import { clock } from "../../format";
import type { FrameTimes } from "../data/search";
import type { Scene } from "./scene";

/** Distances of labelled ticks, seconds, each with how many parts it is divided into. */
const STEPS: readonly [number, number][] = [
  [0.01, 2],
  [0.02, 2],
  [0.05, 5],
  [0.1, 5],
  [0.2, 4],
  [0.5, 5],
  [1, 5],
  [2, 4],
  [5, 5],
  [10, 5],
  [15, 3],
  [30, 3],
  [60, 6],
  [120, 4],
  [300, 5],
  [600, 5],
  [900, 3],
  [1800, 3],
  [3600, 6],
  [7200, 4],
  [18000, 5],
];

export interface Ticks {
  stepS: number;
  parts: number;
  decimals: number;
}

/** The closest ticks whose labels do not touch. */
export function ticksFor(pixelsPerS: number, labelWidth: number): Ticks {
  const [stepS, parts] =
    STEPS.find(([step]) => step * pixelsPerS >= labelWidth) ?? (STEPS[STEPS.length - 1] as [number, number]);
  const decimals = stepS >= 1 ? 0 : stepS >= 0.1 ? 1 : 2;
  return { stepS, parts, decimals };
}

const FRAME_TICK_PX = 6;

export function drawRuler(scene: Scene, frames: FrameTimes | null, height: number): void {
  const { context, colours, stretch, left, width } = scene;
  const perS = width / (stretch.endS - stretch.startS);
  const labelWidth = context.measureText("0:00:00.00").width + 14;
  const { stepS, parts, decimals } = ticksFor(perS, labelWidth);
  const minor = stepS / parts;
  context.fillStyle = colours.raised;
  context.fillRect(left, 0, width, height);
  context.fillStyle = colours["ink-quiet"];
  context.textBaseline = "top";
  for (let k = Math.ceil(stretch.startS / minor); k * minor <= stretch.endS; k += 1) {
    const x = Math.round(scene.x(k * minor));
    const major = k % parts === 0;
    context.fillRect(x, height - (major ? 8 : 4), 1, major ? 8 : 4);
    if (major) context.fillText(clock(k * minor, decimals), x + 3, 2);
  }
  if (frames) drawFrameTicks(scene, frames, height, perS);
}

/** A tick for each frame at its own time, when they are far enough apart, with its number where there is room. */
function drawFrameTicks(scene: Scene, frames: FrameTimes, height: number, perS: number): void {
  const { context, colours, stretch } = scene;
  const first = frames.frameShownAt(stretch.startS);
  const last = frames.frameShownAt(stretch.endS);
  const distance = (perS * (stretch.endS - stretch.startS)) / Math.max(1, last - first);
  if (first < 0 || distance < FRAME_TICK_PX) return;
  context.fillStyle = colours.accent;
  let free = Number.NEGATIVE_INFINITY;
  for (let frame = first; frame <= last; frame += 1) {
    const x = Math.round(scene.x(frames.time(frame)));
    if (x < scene.left) continue;
    context.fillRect(x, height - 3, 1, 3);
    const text = `#${frame}`;
    const wide = context.measureText(text).width;
    if (distance < wide / 2 || x < free) continue;
    context.fillText(text, x + 2, height / 2);
    free = x + wide + 8;
  }
}
