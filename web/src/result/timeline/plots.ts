import type { SignalPlace } from "../data/documents";
import { type Pyramid, plotted } from "../data/pyramid";
import type { Waveform } from "../data/waveform";
import type { Scene } from "./scene";

export function drawWaveform(scene: Scene, waveform: Waveform, top: number, height: number): void {
  const { context, colours, stretch, left, width } = scene;
  const pixels = Math.max(1, Math.floor(width));
  const columns = waveform.columns(stretch.startS, stretch.endS, pixels);
  const middle = top + height / 2;
  if (!columns) {
    context.fillStyle = colours["ink-quiet"];
    context.textBaseline = "middle";
    context.fillText("Loading …", left + 6, middle);
    return;
  }
  const scale = height / 2 / 127;
  context.fillStyle = colours.accent;
  context.beginPath();
  for (let x = 0; x < pixels; x += 1) {
    const high = (columns.greatest[x] as number) * scale;
    const low = (columns.least[x] as number) * scale;
    context.rect(left + x, middle - high, 1, Math.max(1, high - low));
  }
  context.fill();
}

/** A signal as a line, with its scale; where it is denser than the pixels, from its least to its greatest value. */
export function drawPlot(
  scene: Scene,
  place: SignalPlace,
  signal: Pyramid | undefined,
  top: number,
  height: number,
): void {
  const { context, colours, stretch, left, width } = scene;
  context.fillStyle = colours.raised;
  context.fillRect(left, top, width, height);
  context.textBaseline = "middle";
  if (!signal) {
    context.fillStyle = colours["ink-quiet"];
    context.fillText("Loading …", left + 6, top + height / 2);
    return;
  }
  const [low, high] = place.max > place.min ? [place.min, place.max] : [place.min - 1, place.max + 1];
  const y = (value: number) => top + 3 + ((high - value) / (high - low)) * (height - 6);
  zeroLine(scene, low, high, y);
  context.beginPath();
  let broken = true;
  plotted(signal, stretch.startS, stretch.endS, width, (x, least, greatest) => {
    if (Number.isNaN(least)) {
      broken = true;
      return;
    }
    if (broken) context.moveTo(left + x, y(least));
    else context.lineTo(left + x, y(least));
    if (greatest !== least) context.lineTo(left + x, y(greatest));
    else if (broken) context.lineTo(left + x + 1, y(least));
    broken = false;
  });
  context.strokeStyle = colours.accent;
  context.lineWidth = 1.5;
  context.stroke();
  drawScale(scene, place, low, high, top, height);
}

function zeroLine(scene: Scene, low: number, high: number, y: (value: number) => number): void {
  if (low >= 0 || high <= 0) return;
  scene.context.fillStyle = scene.colours.line;
  scene.context.fillRect(scene.left, y(0), scene.width, 1);
}

function drawScale(
  scene: Scene,
  place: SignalPlace,
  low: number,
  high: number,
  top: number,
  height: number,
): void {
  const { context, colours, left } = scene;
  context.font = colours.small;
  context.fillStyle = colours["ink-quiet"];
  context.textBaseline = "top";
  context.fillText(`${number(high)} ${place.unit}`, left + 4, top + 2);
  context.textBaseline = "bottom";
  context.fillText(number(low), left + 4, top + height - 2);
  context.font = colours.font;
}

/** A value as a scale shows it: three significant digits. */
export function number(value: number): string {
  return String(Number(value.toPrecision(3)));
}
