import { percent } from "../../format";
import type { Packed } from "../data/packed";
import type { Brush } from "./brush";
import { rayTip } from "./geometry";
import type { Picture } from "./overlay";
import { INTERPOLATED } from "./person";

const POINTS = 5;
const EYES = [0, 1] as const;
const NOSE = 2;

export function drawFace(brush: Brush, picture: Picture, packed: Packed, at: number): void {
  const { switches, people } = picture;
  const track = packed.track[at] as number;
  const colour = people.faceColour(track);
  const [x, y, width, height] = packed.box.subarray(4 * at, 4 * at + 4) as unknown as [
    number,
    number,
    number,
    number,
  ];
  if (switches.faces) brush.box(x, y, width, height, colour, packed.evidence[at] === INTERPOLATED);
  if (switches.landmarks) drawLandmarks(brush, packed, at, picture.mesh, colour);
  if (switches.head) drawHead(brush, packed, at, colour);
  if (switches.gaze) drawGaze(brush, packed, at, colour);
  if (switches.labels) brush.label(people.faceName(track), x, y, colour);
  const expression = packed.expression[at] as number;
  if (switches.expression && expression >= 0) {
    const share = percent(packed.expressionScore[at] as number);
    brush.label(`${packed.expressions[expression]} ${share}`, x, y + height, colour, true);
  }
}

function drawLandmarks(
  brush: Brush,
  packed: Packed,
  at: number,
  mesh: readonly number[][],
  colour: string,
): void {
  const lines = new Path2D();
  const points = packed.mesh.subarray(2 * packed.meshSize * at, 2 * packed.meshSize * (at + 1));
  if (!Number.isNaN(points[0] ?? Number.NaN)) {
    for (const line of mesh) {
      line.forEach((number, k) => {
        const [x, y] = [brush.x(points[2 * number] as number), brush.y(points[2 * number + 1] as number)];
        if (k === 0) lines.moveTo(x, y);
        else lines.lineTo(x, y);
      });
    }
    brush.stroke(lines, colour, 1);
  }
  const dots = new Path2D();
  for (let number = 0; number < POINTS; number += 1) {
    const place = pointOf(packed, at, number);
    if (place) brush.dot(dots, place[0], place[1], 2);
  }
  brush.fill(dots, colour);
}

function drawHead(brush: Brush, packed: Packed, at: number, colour: string): void {
  const [yaw, pitch] = packed.head.subarray(3 * at, 3 * at + 2) as unknown as [number, number];
  if (Number.isNaN(yaw)) return;
  const [x, y] = pointOf(packed, at, NOSE) ?? centre(packed, at);
  const tip = rayTip(x, y, yaw, pitch, 1.5 * (packed.box[4 * at + 2] as number));
  brush.arrow(x, y, ...tip, colour);
}

function drawGaze(brush: Brush, packed: Packed, at: number, colour: string): void {
  const [yaw, pitch] = packed.gaze.subarray(2 * at, 2 * at + 2) as unknown as [number, number];
  if (Number.isNaN(yaw)) return;
  for (const eye of EYES) {
    const place = pointOf(packed, at, eye);
    if (!place) continue;
    const tip = rayTip(place[0], place[1], yaw, pitch, packed.box[4 * at + 2] as number);
    brush.arrow(place[0], place[1], ...tip, colour, 1);
  }
}

function pointOf(packed: Packed, at: number, number: number): [number, number] | null {
  const from = 2 * (POINTS * at + number);
  const [x, y] = packed.points.subarray(from, from + 2) as unknown as [number, number];
  return Number.isNaN(x) ? null : [x, y];
}

function centre(packed: Packed, at: number): [number, number] {
  const [x, y, width, height] = packed.box.subarray(4 * at, 4 * at + 4) as unknown as [
    number,
    number,
    number,
    number,
  ];
  return [x + width / 2, y + height / 2];
}
