import { isDark } from "../player/brush";
import type { Item, Placed } from "./rows";
import { fitting, type Scene } from "./scene";

const LEAST_TEXT_PX = 18;

/** A stretch of time on the screen, with what is in it. Items closer together than a pixel are drawn as one. */
interface Bar {
  left: number;
  right: number;
  item: Item;
}

function* visibleBars(scene: Scene, row: Placed): Generator<Bar> {
  const { items } = row.row.items;
  const [first, end] = row.row.items.range(scene.stretch.startS, scene.stretch.endS);
  let drawn = Number.NEGATIVE_INFINITY;
  for (let at = first; at < end; at += 1) {
    const item = items[at] as Item;
    if (item.end_s < scene.stretch.startS) continue;
    const left = Math.max(scene.left - 2, scene.x(item.start_s));
    const right = Math.max(left + 1, Math.min(scene.left + scene.width + 2, scene.x(item.end_s)));
    if (right - left <= 1.5 && right <= drawn + 0.5) continue;
    drawn = Math.max(drawn, right);
    yield { left, right, item };
  }
}

export function drawBars(scene: Scene, row: Placed, top: number, isSelected: (item: Item) => boolean): void {
  const { context, colours } = scene;
  const paths = new Map<string, Path2D>();
  const texts: Bar[] = [];
  const selected: Bar[] = [];
  for (const bar of visibleBars(scene, row)) {
    const colour = bar.item.colour ?? colours["warn-soft"];
    let path = paths.get(colour);
    if (!path) {
      path = new Path2D();
      paths.set(colour, path);
    }
    path.rect(bar.left, top + 1, bar.right - bar.left, row.height - 2);
    if (bar.right - bar.left > LEAST_TEXT_PX) texts.push(bar);
    if (isSelected(bar.item)) selected.push(bar);
  }
  context.lineWidth = 1;
  context.strokeStyle = colours.edge;
  for (const [colour, path] of paths) {
    context.fillStyle = colour;
    context.fill(path);
    context.stroke(path);
  }
  context.textBaseline = "middle";
  for (const { left, right, item } of texts) {
    context.fillStyle = item.colour === null ? colours.ink : isDark(item.colour) ? "#ffffff" : "#000000";
    const from = Math.max(left, scene.left) + 4;
    context.fillText(fitting(context, item.label, right - from - 2), from, top + row.height / 2);
  }
  outline(scene, selected, top, row.height);
}

/** Utterances as one line of text, and word by word when there is room. */
export function drawWords(scene: Scene, row: Placed, top: number, isSelected: (item: Item) => boolean): void {
  const { context, colours } = scene;
  const selected: Bar[] = [];
  const grounds = new Path2D();
  const texts: Bar[] = [];
  for (const bar of visibleBars(scene, row)) {
    grounds.rect(bar.left, top + 1, bar.right - bar.left, row.height - 2);
    if (bar.right - bar.left > LEAST_TEXT_PX) texts.push(bar);
    if (isSelected(bar.item)) selected.push(bar);
  }
  context.fillStyle = colours["accent-soft"];
  context.fill(grounds);
  context.lineWidth = 1;
  context.strokeStyle = colours.edge;
  context.stroke(grounds);
  context.textBaseline = "middle";
  const middle = top + row.height / 2;
  for (const { left, right, item } of texts) {
    if (item.colour !== null) {
      context.fillStyle = item.colour;
      context.fillRect(left, top + row.height - 5, right - left, 3);
    }
    context.fillStyle = colours.ink;
    const words = item.words ?? [];
    const perWord = (right - left) / Math.max(1, words.length);
    if (words.length === 0 || perWord < 2.2 * colours.rem) {
      const from = Math.max(left, scene.left) + 4;
      context.fillText(fitting(context, item.label, right - from - 2), from, middle);
    } else drawEachWord(scene, words, middle, top, row.height);
  }
  outline(scene, selected, top, row.height);
}

function drawEachWord(
  scene: Scene,
  words: readonly [number, number, string][],
  middle: number,
  top: number,
  height: number,
): void {
  const { context, colours, stretch } = scene;
  for (const [startS, endS, text] of words) {
    if (endS < stretch.startS || startS > stretch.endS) continue;
    const [left, right] = [scene.x(startS), scene.x(endS)];
    context.fillStyle = colours.edge;
    context.fillRect(left, top + 3, 1, height - 9);
    context.fillStyle = colours.ink;
    context.fillText(fitting(context, text, Math.max(right - left, 1.6 * colours.rem)), left + 3, middle);
  }
}

export function outline(
  scene: Scene,
  bars: readonly { left: number; right: number }[],
  top: number,
  height: number,
): void {
  const { context, colours } = scene;
  context.lineWidth = 3;
  context.strokeStyle = colours.focus;
  for (const { left, right } of bars) context.strokeRect(left, top + 1, right - left, height - 2);
}

export function drawSceneBars(
  scene: Scene,
  row: Placed,
  top: number,
  isSelected: (item: Item) => boolean,
): void {
  const { context, colours } = scene;
  const band = Math.min(row.height, 1.3 * colours.rem);
  const selected: Bar[] = [];
  context.textBaseline = "middle";
  for (const bar of visibleBars(scene, row)) {
    context.fillStyle = colours.edge;
    if (bar.item.start_s >= scene.stretch.startS) context.fillRect(Math.round(bar.left), top, 2, row.height);
    const from = Math.max(bar.left, scene.left) + 5;
    const text = fitting(context, bar.item.label, bar.right - from - 4);
    if (text) {
      context.fillStyle = colours.raised;
      context.fillRect(from - 3, top + row.height - band, context.measureText(text).width + 6, band);
      context.fillStyle = colours.ink;
      context.fillText(text, from, top + row.height - band / 2);
    }
    if (isSelected(bar.item)) selected.push(bar);
  }
  outline(scene, selected, top, row.height);
}
