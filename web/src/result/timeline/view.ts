import { signal } from "@preact/signals";
import type { FrameTimes } from "../data/search";

export interface Stretch {
  startS: number;
  endS: number;
}

/** Which part of the recording the time line shows: from all of it down to a few frames. */
export class TimelineView {
  readonly shown;
  private readonly leastS: number;

  constructor(
    readonly durationS: number,
    frames: FrameTimes | null,
  ) {
    const whole = Math.max(durationS, 0.1);
    this.shown = signal<Stretch>({ startS: 0, endS: whole });
    const frameS =
      frames && frames.count > 1
        ? (frames.time(frames.count - 1) - frames.time(0)) / (frames.count - 1)
        : 0.04;
    this.leastS = Math.min(whole, Math.max(0.05, 8 * frameS));
  }

  get spanS(): number {
    return this.shown.value.endS - this.shown.value.startS;
  }

  /** Show less (factor below 1) or more around a time, which stays where it is. */
  zoom(factor: number, aroundS: number): void {
    const { startS } = this.shown.value;
    const spanS = Math.min(Math.max(this.spanS * factor, this.leastS), Math.max(this.durationS, this.leastS));
    this.show(aroundS - (aroundS - startS) * (spanS / this.spanS), spanS);
  }

  pan(seconds: number): void {
    this.show(this.shown.value.startS + seconds, this.spanS);
  }

  fit(startS = 0, endS = this.durationS): void {
    const margin = startS === 0 && endS === this.durationS ? 0 : 0.1 * (endS - startS);
    this.show(startS - margin, Math.max(endS - startS + 2 * margin, this.leastS));
  }

  /** Turn the page when a time has left it. */
  reveal(timeS: number): void {
    const { startS, endS } = this.shown.value;
    if (timeS < startS || timeS > endS) this.show(timeS - 0.1 * this.spanS, this.spanS);
  }

  private show(startS: number, spanS: number): void {
    const start = Math.min(Math.max(startS, 0), Math.max(0, this.durationS - spanS));
    const { shown } = this;
    if (shown.value.startS !== start || shown.value.endS !== start + spanS)
      shown.value = { startS: start, endS: start + spanS };
  }
}
