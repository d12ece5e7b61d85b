import type { Decoder } from "./decoder";
import type { LayerName, LayerPlace } from "./documents";
import type { Lru } from "./lru";
import { bytesOf, holdS, type Packed, pack, shownFrame } from "./packed";
import { lastAtOrBefore } from "./search";
import type { ViewSource } from "./source";

const RETRY_MS = 3000;

/** One frame's observations: those of `packed` from `first` up to `end`. */
export interface Shown {
  packed: Packed;
  first: number;
  end: number;
  /** How long the observations have been held, seconds; 0 on their own frame. */
  heldS: number;
}

/** The observations of one layer, fetched window by window around the place that is looked at. */
export class LayerWindows {
  /** What went wrong with the last window that was asked for. */
  error: Error | null = null;
  private readonly starts: Float64Array;
  private readonly loading = new Map<number, AbortController>();
  private readonly failedAt = new Map<number, number>();
  private hold: number | null = null;

  constructor(
    private readonly layer: LayerName,
    private readonly place: LayerPlace,
    private readonly source: ViewSource,
    private readonly decoder: Decoder,
    private readonly cache: Lru<Packed>,
    private readonly onChange: () => void,
  ) {
    this.starts = Float64Array.from(place.windows, (window) => window[0]);
  }

  /** What to show of this layer while the video shows `frame`; "loading" when that is not here yet, null when there is nothing. */
  shown(frame: number, timeS: number): Shown | "loading" | null {
    const at = this.numberAt(timeS);
    if (at < 0) return null;
    const packed = this.loaded(at);
    if (!packed) return "loading";
    this.hold ??= packed.times.length > 1 ? holdS(packed) : null;
    const hold = this.hold ?? 0;
    const found = shownFrame(packed, frame, timeS, hold);
    if (found >= 0) return observations(packed, found, timeS);
    const before =
      hold > 0 && (packed.frames[0] ?? Number.POSITIVE_INFINITY) > frame ? this.loaded(at - 1) : undefined;
    const held = before ? shownFrame(before, frame, timeS, hold) : -1;
    return before && held >= 0 ? observations(before, held, timeS) : null;
  }

  /** Have the window of a time loaded, and the next one; what is being loaded for other places is given up. */
  want(timeS: number): void {
    const at = this.numberAt(timeS);
    const wanted = [at, at + 1, at - 1].filter((number) => number >= 0 && number < this.starts.length);
    for (const [number, controller] of this.loading) {
      if (wanted.includes(number)) continue;
      controller.abort();
      this.loading.delete(number);
    }
    for (const number of wanted) if (!this.loaded(number)) void this.load(number);
  }

  close(): void {
    for (const controller of this.loading.values()) controller.abort();
    this.loading.clear();
  }

  private numberAt(timeS: number): number {
    const at = lastAtOrBefore(this.starts, timeS + 1e-9);
    return at >= 0 && timeS < (this.place.windows[at]?.[1] ?? 0) ? at : -1;
  }

  private loaded(number: number): Packed | undefined {
    return this.cache.get(`${this.layer}/${number}`);
  }

  private async load(number: number): Promise<void> {
    const [startS, endS, offset, length] = this.place.windows[number] as [number, number, number, number];
    const meshSize = this.place.mesh?.count ?? 0;
    if (length === 0) {
      this.keep(number, pack(this.layer, startS, endS, { frames: [], tracks: [] }, meshSize));
      return;
    }
    if (this.loading.has(number) || performance.now() - (this.failedAt.get(number) ?? -RETRY_MS) < RETRY_MS)
      return;
    const controller = new AbortController();
    this.loading.set(number, controller);
    try {
      const data = await this.source.bytes(this.place.name, { offset, length }, controller.signal);
      const packed = await this.decoder.window(this.layer, startS, endS, meshSize, data);
      if (controller.signal.aborted) return;
      this.error = null;
      this.keep(number, packed);
    } catch (error) {
      if (controller.signal.aborted) return;
      this.failedAt.set(number, performance.now());
      this.error = error as Error;
    }
    if (this.loading.get(number) === controller) this.loading.delete(number);
    this.onChange();
  }

  private keep(number: number, packed: Packed): void {
    this.cache.put(`${this.layer}/${number}`, packed, Math.max(1, bytesOf(packed)));
  }
}

function observations(packed: Packed, frame: number, timeS: number): Shown {
  return {
    packed,
    first: packed.first[frame] as number,
    end: packed.first[frame + 1] as number,
    heldS: Math.max(0, timeS - (packed.times[frame] as number)),
  };
}
