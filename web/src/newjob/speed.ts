const WINDOW_MS = 8000;
const LEAST_MS = 500;

/** How fast something grows, over the last seconds. */
export class Speed {
  private samples: { at: number; size: number }[] = [];

  /** Note that so much is there at a time in milliseconds. */
  note(size: number, at: number): void {
    const last = this.samples.at(-1);
    if (last !== undefined && size < last.size) this.samples = []; // it went on from an earlier place
    this.samples.push({ at, size });
    while (this.samples.length > 2 && at - (this.samples[0]?.at ?? at) > WINDOW_MS) this.samples.shift();
  }

  /** Bytes per second; null as long as that cannot be said. */
  perSecond(): number | null {
    const [first, last] = [this.samples[0], this.samples.at(-1)];
    if (first === undefined || last === undefined || last.at - first.at < LEAST_MS) return null;
    return (1000 * (last.size - first.size)) / (last.at - first.at);
  }

  /** Seconds until it has grown to `whole`; null as long as that cannot be said. */
  secondsTo(whole: number): number | null {
    const speed = this.perSecond();
    const last = this.samples.at(-1);
    return speed === null || speed <= 0 || last === undefined ? null : (whole - last.size) / speed;
  }
}
