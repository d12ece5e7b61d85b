import { lastAtOrBefore } from "../data/search";

/** How high the entries of a long list are: guessed until they were seen. */
export class Heights {
  private readonly heights: Float64Array;
  /** Where entry k begins; right up to `known`. */
  private readonly tops: Float64Array;
  private known = 0;

  constructor(
    readonly count: number,
    estimate: number,
  ) {
    this.heights = new Float64Array(count).fill(estimate);
    this.tops = new Float64Array(count + 1);
  }

  /** Remember a height; true when it was not known to be so. */
  measured(at: number, height: number): boolean {
    if (height <= 0 || Math.abs((this.heights[at] ?? height) - height) < 0.5) return false;
    this.heights[at] = height;
    this.known = Math.min(this.known, at);
    return true;
  }

  /** Where an entry begins; of `count`, where all end. */
  top(at: number): number {
    this.sumUp();
    return this.tops[Math.min(Math.max(at, 0), this.count)] as number;
  }

  /** The entry at a place; the first or last one outside. */
  at(place: number): number {
    this.sumUp();
    return Math.min(Math.max(0, lastAtOrBefore(this.tops, place)), Math.max(0, this.count - 1));
  }

  private sumUp(): void {
    for (let k = this.known; k < this.count; k += 1) {
      this.tops[k + 1] = (this.tops[k] as number) + (this.heights[k] as number);
    }
    this.known = this.count;
  }
}
