import type { WaveformLevel } from "./documents";
import { Lru } from "./lru";
import type { ViewSource } from "./source";

const CHUNK_BINS = 1 << 16;
const MAX_BYTES = 16_000_000;

/** The loudness of the recording, in several resolutions, fetched in chunks. */
export class Waveform {
  private readonly chunks = new Lru<Int8Array>(MAX_BYTES);
  private readonly loading = new Set<string>();
  private readonly failed = new Set<string>();
  /** From fine to coarse. */
  private readonly levels: WaveformLevel[];

  constructor(
    levels: readonly WaveformLevel[],
    private readonly source: ViewSource,
    private readonly onChange: () => void,
  ) {
    this.levels = [...levels].sort((a, b) => b.per_s - a.per_s);
  }

  /** Least and greatest amplitude, -127 to 127, column by column of `pixels` over a stretch of time; null when it is not here yet. */
  columns(startS: number, endS: number, pixels: number): { least: Int8Array; greatest: Int8Array } | null {
    const perS = pixels / (endS - startS);
    const fit = Math.max(0, this.levels.findIndex((level) => level.per_s < perS) - 1);
    const choice = this.levels.every((level) => level.per_s >= perS) ? this.levels.length - 1 : fit;
    for (let at = choice; at < this.levels.length; at += 1) {
      const level = this.levels[at];
      if (level && this.ready(level, startS, endS)) return this.read(level, startS, endS, pixels);
    }
    return null;
  }

  private ready(level: WaveformLevel, startS: number, endS: number): boolean {
    const first = Math.max(0, Math.floor((startS * level.per_s) / CHUNK_BINS));
    const last = Math.floor(Math.min(level.bins - 1, Math.floor(endS * level.per_s)) / CHUNK_BINS);
    let whole = true;
    for (let chunk = first; chunk <= last; chunk += 1) {
      if (this.chunks.get(`${level.per_s}/${chunk}`)) continue;
      whole = false;
      void this.load(level, chunk);
    }
    return whole;
  }

  private read(level: WaveformLevel, startS: number, endS: number, pixels: number) {
    const least = new Int8Array(pixels);
    const greatest = new Int8Array(pixels);
    const bins = ((endS - startS) * level.per_s) / pixels;
    for (let x = 0; x < pixels; x += 1) {
      const from = Math.floor(startS * level.per_s + x * bins);
      const to = Math.max(from + 1, Math.floor(startS * level.per_s + (x + 1) * bins));
      let low = 0;
      let high = 0;
      for (let bin = Math.max(0, from); bin < Math.min(to, level.bins); bin += 1) {
        const chunk = this.chunks.get(`${level.per_s}/${Math.floor(bin / CHUNK_BINS)}`);
        const at = 2 * (bin % CHUNK_BINS);
        low = Math.min(low, chunk?.[at] ?? 0);
        high = Math.max(high, chunk?.[at + 1] ?? 0);
      }
      least[x] = low;
      greatest[x] = high;
    }
    return { least, greatest };
  }

  private async load(level: WaveformLevel, chunk: number): Promise<void> {
    const key = `${level.per_s}/${chunk}`;
    if (this.loading.has(key) || this.failed.has(key)) return;
    this.loading.add(key);
    const offset = 2 * chunk * CHUNK_BINS;
    const length = Math.min(2 * CHUNK_BINS, 2 * level.bins - offset);
    try {
      const data = await this.source.bytes(level.name, { offset, length });
      this.chunks.put(key, new Int8Array(data), data.byteLength);
      this.onChange();
    } catch {
      // a row without its curve is drawn as "not loaded"; asking again at each picture would flood a server that is down
      this.failed.add(key);
      setTimeout(() => this.failed.delete(key), 5000);
    } finally {
      this.loading.delete(key);
    }
  }
}
