import { KEYPOINTS, type Packed } from "../data/packed";
import type { Brush } from "./brush";
import type { Picture } from "./overlay";

/** Which of COCO's 17 keypoints are joined by a line. */
const BONES = [
  [15, 13],
  [13, 11],
  [16, 14],
  [14, 12],
  [11, 12],
  [5, 11],
  [6, 12],
  [5, 6],
  [5, 7],
  [6, 8],
  [7, 9],
  [8, 10],
  [1, 2],
  [0, 1],
  [0, 2],
  [1, 3],
  [2, 4],
  [3, 5],
  [4, 6],
] as const;
export const INTERPOLATED = "i".charCodeAt(0);

export function drawPerson(brush: Brush, picture: Picture, packed: Packed, at: number): void {
  const { switches, people } = picture;
  const track = packed.track[at] as number;
  const colour = people.trackColour(track);
  const [x, y, width, height] = packed.box.subarray(4 * at, 4 * at + 4) as unknown as [
    number,
    number,
    number,
    number,
  ];
  if (switches.boxes) brush.box(x, y, width, height, colour, packed.evidence[at] === INTERPOLATED);
  if (switches.skeletons) drawSkeleton(brush, packed, at, colour);
  if (switches.labels) brush.label(people.trackName(track), x, y, colour);
}

/** Points of which the network is unsure (visibility 1) are joined by thin lines and drawn hollow. */
function drawSkeleton(brush: Brush, packed: Packed, at: number, colour: string): void {
  const point = (number: number) => {
    const from = 3 * (KEYPOINTS * at + number);
    const [x, y, visibility] = packed.pose.subarray(from, from + 3) as unknown as [number, number, number];
    return visibility > 0 ? { x, y, sure: visibility > 1 } : null; // a pose that is missing is NaN: not greater than 0
  };
  const [sure, unsure, dots, rings] = [new Path2D(), new Path2D(), new Path2D(), new Path2D()];
  for (const [first, second] of BONES) {
    const [from, to] = [point(first), point(second)];
    if (!from || !to) continue;
    const path = from.sure && to.sure ? sure : unsure;
    path.moveTo(brush.x(from.x), brush.y(from.y));
    path.lineTo(brush.x(to.x), brush.y(to.y));
  }
  for (let number = 0; number < KEYPOINTS; number += 1) {
    const seen = point(number);
    if (seen) brush.dot(seen.sure ? dots : rings, seen.x, seen.y, 3);
  }
  brush.stroke(unsure, colour, 1);
  brush.stroke(sure, colour);
  brush.fill(dots, colour);
  brush.stroke(rings, colour, 1);
}
