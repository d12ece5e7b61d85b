import { lowerBound } from "./search";

const FACTOR = 4;
const SMALLEST = 64;

/** A signal with ever coarser versions of itself, so that drawing costs what is on the screen and not what was measured. */
export interface Pyramid {
  times: Float64Array;
  values: Float32Array;
  /** Level n sums up 4^(n+1) samples per entry: the least and the greatest. NaN where all are missing. */
  levels: { factor: number; least: Float32Array; greatest: Float32Array }[];
}

export function pyramid(times: Float64Array, values: Float32Array): Pyramid {
  const levels: Pyramid["levels"] = [];
  let least = values;
  let greatest = values;
  let factor = 1;
  while (least.length > SMALLEST) {
    factor *= FACTOR;
    [least, greatest] = [reduced(least, Math.min), reduced(greatest, Math.max)];
    levels.push({ factor, least, greatest });
  }
  return { times, values, levels };
}

function reduced(values: Float32Array, choose: (a: number, b: number) => number): Float32Array {
  const made = new Float32Array(Math.ceil(values.length / FACTOR));
  for (let k = 0; k < made.length; k += 1) {
    let chosen = Number.NaN;
    for (let at = k * FACTOR; at < Math.min(values.length, (k + 1) * FACTOR); at += 1) {
      const value = values[at] as number;
      if (!Number.isNaN(value)) chosen = Number.isNaN(chosen) ? value : choose(chosen, value);
    }
    made[k] = chosen;
  }
  return made;
}

/** Where a signal's line runs in a stretch of time: x in pixels, least and greatest value there; NaN breaks the line. */
export function plotted(
  signal: Pyramid,
  startS: number,
  endS: number,
  pixels: number,
  put: (x: number, least: number, greatest: number) => void,
): void {
  const { times } = signal;
  const from = Math.max(0, lowerBound(times, startS) - 1);
  const to = Math.min(times.length, lowerBound(times, endS) + 1);
  const perPixel = (to - from) / Math.max(1, pixels);
  const level = signal.levels[signal.levels.filter((candidate) => candidate.factor <= perPixel).length - 1];
  const factor = level?.factor ?? 1;
  const least = level?.least ?? signal.values;
  const greatest = level?.greatest ?? signal.values;
  const scale = pixels / (endS - startS);
  for (let at = Math.floor(from / factor); at * factor < to; at += 1) {
    const time = times[Math.min(times.length - 1, at * factor)] as number;
    put((time - startS) * scale, least[at] as number, greatest[at] as number);
  }
}

/** The last value at or before a time, with its time; null where nothing was measured or it is older than `maxAgeS`. */
export function valueAt(signal: Pyramid, timeS: number, maxAgeS: number): number | null {
  const at = lowerBound(signal.times, timeS + 1e-6) - 1;
  if (at < 0 || timeS - (signal.times[at] as number) > maxAgeS) return null;
  const value = signal.values[at] as number;
  return Number.isNaN(value) ? null : value;
}

export function pyramidBuffers(signal: Pyramid): ArrayBuffer[] {
  const views = [
    signal.times,
    signal.values,
    ...signal.levels.flatMap((level) => [level.least, level.greatest]),
  ];
  return [...new Set(views.map((view) => view.buffer as ArrayBuffer))];
}

export function pyramidBytes(signal: Pyramid): number {
  return pyramidBuffers(signal).reduce((sum, buffer) => sum + buffer.byteLength, 0);
}
