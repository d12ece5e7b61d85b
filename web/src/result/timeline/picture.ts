import type { ResultModel } from "../model";
import { drawBars, drawSceneBars, drawWords, outline } from "./bars";
import type { Palette } from "./palette";
import { drawPlot, drawWaveform } from "./plots";
import type { Item, Placed } from "./rows";
import { drawRuler } from "./ruler";
import { fitting, type Scene, sceneOf } from "./scene";
import type { ThumbnailSheets } from "./thumbnails";
import type { Stretch } from "./view";

/** How the canvas of a time line is divided, CSS pixels. */
export interface Frame {
  width: number;
  height: number;
  /** Where the names of the rows end and the tracks begin. */
  left: number;
  ruler: number;
  scrollTop: number;
}

export function frameOf(width: number, height: number, scrollTop: number, rem: number): Frame {
  const left = Math.round(Math.min(8.5 * rem, 0.26 * width));
  return { width, height, left, ruler: Math.round(1.7 * rem), scrollTop };
}

/** Draw what is visible of a time line: the rows in view, and of each the part in view. */
export function drawTimeline(
  context: CanvasRenderingContext2D,
  model: ResultModel,
  rows: readonly Placed[],
  frame: Frame,
  colours: Palette,
  thumbnails: ThumbnailSheets | null,
): void {
  const scene = sceneOf(context, colours, model.view.shown.value, frame.left, frame.width, frame.height);
  context.font = colours.font;
  context.fillStyle = colours.paper;
  context.fillRect(0, 0, frame.width, frame.height);
  const selected = model.selected.value;
  const isSelected = (item: Item) =>
    selected !== null && item.kind === selected.kind && item.id === selected.id;
  context.save();
  context.beginPath();
  context.rect(frame.left, frame.ruler, scene.width, frame.height - frame.ruler);
  context.clip();
  const visible = visibleRows(rows, frame);
  for (const row of visible) {
    const top = frame.ruler + row.top - frame.scrollTop;
    context.fillStyle = colours.sunken;
    context.fillRect(frame.left, top, scene.width, row.height);
    drawRow(scene, model, row, top, isSelected, thumbnails);
    if (model.dragged.value && row.row.items.items.some(isSelected))
      drawDragged(scene, model.dragged.value, top, row.height);
  }
  context.restore();
  drawNames(scene, visible, frame);
  drawRuler(scene, model.frames, frame.ruler);
  context.fillStyle = colours.raised;
  context.fillRect(0, 0, frame.left, frame.ruler);
  context.fillStyle = colours.line;
  context.fillRect(frame.left - 1, 0, 1, frame.height);
}

/** Where a border is dragged to. */
function drawDragged(scene: Scene, to: Stretch, top: number, height: number): void {
  scene.context.setLineDash([5, 4]);
  outline(scene, [{ left: scene.x(to.startS), right: scene.x(to.endS) }], top, height);
  scene.context.setLineDash([]);
}

export function visibleRows(rows: readonly Placed[], frame: Frame): Placed[] {
  const bottom = frame.scrollTop + frame.height - frame.ruler;
  return rows.filter((row) => row.top + row.height > frame.scrollTop && row.top < bottom);
}

function drawRow(
  scene: Scene,
  model: ResultModel,
  placed: Placed,
  top: number,
  isSelected: (item: Item) => boolean,
  thumbnails: ThumbnailSheets | null,
): void {
  const { row, height } = placed;
  if (row.type === "wave" && model.waveform) drawWaveform(scene, model.waveform, top, height);
  else if (row.type === "scenes") {
    thumbnails?.draw(scene, top, height);
    drawSceneBars(scene, placed, top, isSelected);
  } else if (row.type === "words") drawWords(scene, placed, top, isSelected);
  else if (row.type === "bars") drawBars(scene, placed, top, isSelected);
  else if (row.type === "plot" && row.signal !== undefined) {
    const place = model.signals.place(row.signal);
    if (place) drawPlot(scene, place, model.signals.data(row.signal), top, height);
  }
}

function drawNames(scene: Scene, rows: readonly Placed[], frame: Frame): void {
  const { context, colours } = scene;
  context.fillStyle = colours.raised;
  context.fillRect(0, frame.ruler, frame.left, frame.height);
  context.textBaseline = "middle";
  for (const { row, top, height } of rows) {
    const middle = frame.ruler + top - frame.scrollTop + height / 2;
    const colour = row.items.items[0]?.colour;
    const swatch = colour && row.group !== "transcript" ? 14 : 0;
    if (colour && swatch) {
      context.fillStyle = colour;
      context.fillRect(6, middle - 5, 10, 10);
      context.strokeStyle = colours.edge;
      context.lineWidth = 1;
      context.strokeRect(6, middle - 5, 10, 10);
    }
    context.fillStyle = colours.ink;
    context.fillText(fitting(context, row.label, frame.left - swatch - 10), 6 + swatch, middle);
  }
}

/** What lies at a place of the canvas: the row, and the item in it, the shortest where several overlap. */
export function hit(
  rows: readonly Placed[],
  frame: Frame,
  scene: { startS: number; endS: number },
  x: number,
  y: number,
): { row: Placed | null; item: Item | null; timeS: number } {
  const perS = (frame.width - frame.left) / (scene.endS - scene.startS);
  const timeS = scene.startS + (x - frame.left) / perS;
  const inside = y - frame.ruler + frame.scrollTop;
  const row =
    y < frame.ruler ? null : (rows.find(({ top, height }) => inside >= top && inside < top + height) ?? null);
  if (!row || x < frame.left) return { row, item: null, timeS };
  const slack = 3 / perS;
  const [first, end] = row.row.items.range(timeS - slack, timeS + slack);
  const touching = row.row.items.items
    .slice(first, end)
    .filter((item) => item.start_s - slack <= timeS && timeS < item.end_s + slack);
  touching.sort((a, b) => a.end_s - a.start_s - (b.end_s - b.start_s));
  return { row, item: touching[0] ?? null, timeS };
}
