import type { ViewIndex } from "../data/documents";
import type { Shown } from "../data/windows";
import type { Switches } from "../layers";
import type { People } from "../people";
import { Brush } from "./brush";
import { drawFace } from "./face";
import type { Projection } from "./geometry";
import { drawPerson } from "./person";

export interface Picture {
  persons: Shown | null;
  faces: Shown | null;
  switches: Switches;
  minConfidence: number;
  people: People;
  /** How the mesh's points are joined. */
  mesh: readonly number[][];
}

/** Draw a frame's observations; gives how many the confidence filter hides. */
export function drawOverlay(brush: Brush, picture: Picture): number {
  let hidden = 0;
  const each = (shown: Shown | null, draw: (shown: Shown, at: number) => void) => {
    if (!shown) return;
    for (let at = shown.first; at < shown.end; at += 1) {
      if ((shown.packed.score[at] as number) < picture.minConfidence) hidden += 1;
      else draw(shown, at);
    }
  };
  each(picture.persons, (shown, at) => drawPerson(brush, picture, shown.packed, at));
  each(picture.faces, (shown, at) => drawFace(brush, picture, shown.packed, at));
  return hidden;
}

/** A brush for a canvas of this size, cleared. */
export function brushOf(
  context: CanvasRenderingContext2D,
  place: Projection,
  ratio: number,
  font: string,
): Brush {
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.clearRect(0, 0, context.canvas.width, context.canvas.height);
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  return new Brush(context, place, font);
}

export function meshLines(index: ViewIndex): readonly number[][] {
  return index.layers.faces?.mesh?.lines ?? [];
}
