import { segmentOf } from "../correct/parts";
import type { ResultModel } from "../model";
import type { Item, Placed } from "./rows";

const NEAR_PX = 6;

/** The border of the selected item at a place, when there is one: it can be dragged. */
export function grabBorder(
  model: ResultModel,
  place: { row: Placed | null; item: Item | null; timeS: number },
  secondsPerPixel: number,
): { move: (timeS: number) => void; drop: () => void } | null {
  const selected = model.selected.value;
  const segment = segmentOf(model.timeline.value, selected);
  const isRow = place.row?.row.items.items.some(
    (item) => item.kind === selected?.kind && item.id === selected.id,
  );
  if (!segment || !isRow) return null;
  const near = NEAR_PX * secondsPerPixel;
  const atStart = Math.abs(place.timeS - segment.start_s) < near;
  const atEnd = Math.abs(place.timeS - segment.end_s) < near;
  if (!atStart && !atEnd) return null;
  return {
    move: (timeS) => {
      const inside = Math.min(Math.max(timeS, 0), model.index.duration_s);
      model.dragged.value = atStart
        ? { startS: Math.min(inside, segment.end_s - 0.001), endS: segment.end_s }
        : { startS: segment.start_s, endS: Math.max(inside, segment.start_s + 0.001) };
      model.player.seek(atStart ? model.dragged.value.startS : model.dragged.value.endS);
    },
    drop: () => void model.saveDragged(),
  };
}
