import { shown } from "../../format";
import type { Projection } from "./geometry";

const HALO = "rgb(0 0 0 / 60%)";
const LINE = 2;

/** Draws marks on a video in pixels of the recording. Each has a dark halo, so that it is seen on any picture. */
export class Brush {
  constructor(
    readonly context: CanvasRenderingContext2D,
    private readonly place: Projection,
    font: string,
  ) {
    context.font = font;
    context.textBaseline = "middle";
    context.lineJoin = "round";
    context.lineCap = "round";
  }

  x(x: number): number {
    return this.place.left + x * this.place.perX;
  }

  y(y: number): number {
    return this.place.top + y * this.place.perY;
  }

  box(x: number, y: number, width: number, height: number, colour: string, dashed: boolean): void {
    const path = new Path2D();
    path.rect(this.x(x), this.y(y), width * this.place.perX, height * this.place.perY);
    this.stroke(path, colour, LINE, dashed ? [6, 5] : []);
  }

  stroke(path: Path2D, colour: string, width = LINE, dash: number[] = []): void {
    const { context } = this;
    context.setLineDash(dash);
    context.strokeStyle = HALO;
    context.lineWidth = width + 2;
    context.stroke(path);
    context.strokeStyle = colour;
    context.lineWidth = width;
    context.stroke(path);
    context.setLineDash([]);
  }

  dot(path: Path2D, x: number, y: number, radius: number): void {
    const [left, top] = [this.x(x), this.y(y)];
    path.moveTo(left + radius, top);
    path.arc(left, top, radius, 0, 2 * Math.PI);
  }

  fill(path: Path2D, colour: string): void {
    const { context } = this;
    context.lineWidth = 2;
    context.strokeStyle = HALO;
    context.stroke(path);
    context.fillStyle = colour;
    context.fill(path);
  }

  /** A line with a head at its end. */
  arrow(x: number, y: number, tipX: number, tipY: number, colour: string, width = LINE): void {
    const [left, top, right, bottom] = [this.x(x), this.y(y), this.x(tipX), this.y(tipY)];
    const angle = Math.atan2(bottom - top, right - left);
    const head = Math.min(8, 0.3 * Math.hypot(right - left, bottom - top));
    const path = new Path2D();
    path.moveTo(left, top);
    path.lineTo(right, bottom);
    for (const turn of [2.6, -2.6]) {
      path.moveTo(right, bottom);
      path.lineTo(right + head * Math.cos(angle + turn), bottom + head * Math.sin(angle + turn));
    }
    this.stroke(path, colour, width);
  }

  /** Text on a ground of this colour above a place, or below it. It stays inside the picture. */
  label(words: string, x: number, y: number, colour: string, below = false): void {
    const { context } = this;
    const text = shown(words);
    const { width, fontBoundingBoxAscent, fontBoundingBoxDescent } = context.measureText(text);
    const height = fontBoundingBoxAscent + fontBoundingBoxDescent + 4;
    const ratio = context.getTransform().a || 1;
    const [maxX, maxY] = [context.canvas.width / ratio - width - 8, context.canvas.height / ratio - height];
    const left = Math.max(0, Math.min(this.x(x) - 1, maxX));
    const top = Math.max(0, Math.min(below ? this.y(y) : this.y(y) - height, maxY));
    context.fillStyle = colour;
    context.fillRect(left, top, width + 8, height);
    context.fillStyle = isDark(colour) ? "#ffffff" : "#000000";
    context.fillText(text, left + 4, top + height / 2);
  }
}

/** Whether white is read better on it than black (relative luminance, WCAG 2.1). */
export function isDark(colour: string): boolean {
  const [red, green, blue] = [1, 3, 5].map((at) =>
    linear(Number.parseInt(colour.slice(at, at + 2), 16) / 255),
  );
  return 0.2126 * (red as number) + 0.7152 * (green as number) + 0.0722 * (blue as number) < 0.179;
}

function linear(share: number): number {
  return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
}
