import { shown } from "../../format";
import type { Palette } from "./palette";
import type { Stretch } from "./view";

/** A canvas with the part of the recording that it shows. The tracks lie right of `left`, where their names are. */
export interface Scene {
  context: CanvasRenderingContext2D;
  colours: Palette;
  stretch: Stretch;
  left: number;
  width: number;
  height: number;
  /** From a time to a place, CSS pixels. */
  x: (timeS: number) => number;
}

export function sceneOf(
  context: CanvasRenderingContext2D,
  colours: Palette,
  stretch: Stretch,
  left: number,
  fullWidth: number,
  height: number,
): Scene {
  const width = Math.max(1, fullWidth - left);
  const perS = width / (stretch.endS - stretch.startS);
  return {
    context,
    colours,
    stretch,
    left,
    width,
    height,
    x: (timeS) => left + (timeS - stretch.startS) * perS,
  };
}

/** Text that fits into a width, cut with an ellipsis; empty when hardly anything would be left. */
export function fitting(context: CanvasRenderingContext2D, text: string, width: number): string {
  const letter = letterWidth(context);
  const room = Math.floor(width / letter);
  if (room < 2) return "";
  if (text.length <= room) return shown(text);
  return room < 4 ? "" : shown(`${text.slice(0, room - 1)}…`);
}

const letterWidths = new Map<string, number>();

/** The usual width of a letter in the canvas's font; measuring each text would cost more than drawing it. */
function letterWidth(context: CanvasRenderingContext2D): number {
  let width = letterWidths.get(context.font);
  if (width === undefined) {
    width = context.measureText("The quick brown fox jumps over 13 lazy dogs").width / 43;
    letterWidths.set(context.font, width);
  }
  return width;
}
