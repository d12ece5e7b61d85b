/** How many of the ascending `values` are smaller than `value`. */
export function lowerBound(values: ArrayLike<number>, value: number): number {
  let low = 0;
  let high = values.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((values[middle] as number) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The last of the ascending `values` that is not greater than `value`; -1 when all are. */
export function lastAtOrBefore(values: ArrayLike<number>, value: number): number {
  let low = 0;
  let high = values.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((values[middle] as number) <= value) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** The nearest of the ascending `values`; -1 when there are none. */
export function nearest(values: ArrayLike<number>, value: number): number {
  const after = lowerBound(values, value);
  if (after === 0) return values.length === 0 ? -1 : 0;
  if (after === values.length) return after - 1;
  const before = after - 1;
  return value - (values[before] as number) <= (values[after] as number) - value ? before : after;
}

interface Interval {
  start_s: number;
  end_s: number;
}

/** Intervals in the order of their start, which may overlap, with what finds those in a stretch of time without looking at all. */
export class Intervals<T extends Interval> {
  private readonly starts: Float64Array;
  /** The latest end among an interval and those before it. */
  private readonly reach: Float64Array;

  constructor(readonly items: readonly T[]) {
    this.starts = Float64Array.from(items, (item) => item.start_s);
    this.reach = new Float64Array(items.length);
    let latest = Number.NEGATIVE_INFINITY;
    items.forEach((item, at) => {
      latest = Math.max(latest, item.end_s);
      this.reach[at] = latest;
    });
  }

  /** From where to where intervals may touch the stretch: [first, end). Those between that end before it must be left out. */
  range(startS: number, endS: number): [number, number] {
    return [lowerBound(this.reach, startS), lastAtOrBefore(this.starts, endS) + 1];
  }

  /** The one that holds a time: the latest to start, when several do; -1 when none does. */
  at(timeS: number): number {
    const [first, end] = this.range(timeS, timeS);
    for (let index = end - 1; index >= first; index -= 1) {
      if ((this.items[index] as T).end_s > timeS) return index;
    }
    return -1;
  }

  /** The last that has started at a time; -1 when none has. */
  lastStarted(timeS: number): number {
    return lastAtOrBefore(this.starts, timeS);
  }
}

/** The times of all frames of a video, which need not be regular. */
export class FrameTimes {
  constructor(readonly times: Float64Array) {}

  get count(): number {
    return this.times.length;
  }

  time(frame: number): number {
    return this.times[frame] ?? Number.NaN;
  }

  /** The frame that a player's `mediaTime` names: the nearest one; the player rounds to microseconds. -1 when there are no frames. */
  frameOf(mediaTime: number): number {
    return nearest(this.times, mediaTime);
  }

  /** The frame that is on the screen at a time; the first one before it starts. */
  frameShownAt(timeS: number): number {
    return this.count === 0 ? -1 : Math.max(0, lastAtOrBefore(this.times, timeS + 1e-6));
  }

  /** Where to seek to see a frame: inside its time, so that rounding cannot land on a neighbour. */
  seekTime(frame: number): number {
    const at = Math.min(Math.max(frame, 0), this.count - 1);
    const start = this.time(at);
    const next = at + 1 < this.count ? this.time(at + 1) : start + 0.02;
    return start + Math.min((next - start) / 2, 0.02);
  }
}
