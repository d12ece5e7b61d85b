import type { Thumbnails } from "../data/documents";
import { Lru } from "../data/lru";
import { lastAtOrBefore } from "../data/search";
import type { ViewSource } from "../data/source";
import type { Scene } from "./scene";

const MAX_SHEET_BYTES = 18_000_000;
const MAX_PICTURE_BYTES = 24_000_000;
const AGAIN_MS = 5000;

/** Where the pictures of a stretch stand: how much time each has, and so which ones are seen. */
export function slotS(leastS: number): number {
  return 2 ** Math.ceil(Math.log2(leastS)); // few steps, so that zooming asks for few different pictures
}

/**
 * Small pictures of the recording, cut out of sheets that are fetched when one of theirs is shown. A sheet in memory weighs as much as
 * a hundred pictures, and the whole recording on the screen needs one of each: so it is the cut-out pictures that are kept.
 */
export class ThumbnailSheets {
  private readonly sheets = new Lru<ImageBitmap>(MAX_SHEET_BYTES, (bitmap) => bitmap.close());
  private readonly pictures = new Lru<ImageBitmap>(MAX_PICTURE_BYTES, (bitmap) => bitmap.close());
  /** Numbers of the pictures that are missing on the screen. */
  private missing = new Set<number>();
  private readonly failed = new Map<string, number>();
  private working = false;
  private closed = false;

  constructor(
    private readonly facts: Thumbnails,
    private readonly source: ViewSource,
    private readonly onChange: () => void,
  ) {}

  draw(scene: Scene, top: number, height: number): void {
    const { facts } = this;
    const width = (height * facts.width) / facts.height;
    const perS = scene.width / (scene.stretch.endS - scene.stretch.startS);
    const step = slotS(width / perS);
    this.missing = new Set();
    // slots lie at multiples of their length, so that pictures move with the time line and do not change under the hand
    for (let slot = Math.floor(scene.stretch.startS / step); slot * step < scene.stretch.endS; slot += 1) {
      const number = Math.max(0, lastAtOrBefore(facts.times_s, slot * step));
      const picture = this.pictures.get(String(number));
      if (picture) scene.context.drawImage(picture, scene.x(slot * step), top, width, height);
      else this.missing.add(number);
    }
    if (this.missing.size > 0 && !this.working) void this.work();
  }

  close(): void {
    this.closed = true;
    this.sheets.clear();
    this.pictures.clear();
  }

  /** Get what is missing, one sheet after the other, as long as it is still missing when its turn comes. */
  private async work(): Promise<void> {
    this.working = true;
    for (;;) {
      const next = [...this.missing].find((number) => this.mayAsk(this.sheetOf(number)));
      if (next === undefined || this.closed) break;
      const name = this.sheetOf(next) ?? "";
      const numbers = [...this.missing].filter((number) => this.sheetOf(number) === name);
      try {
        await this.cut(name, numbers);
        if (!this.closed) this.onChange();
      } catch {
        this.failed.set(name, performance.now()); // scenes are drawn without these pictures meanwhile
      }
      for (const number of numbers) this.missing.delete(number);
    }
    this.working = false;
  }

  private sheetOf(number: number): string | undefined {
    return this.facts.sheets[Math.floor(number / (this.facts.columns * this.facts.rows))];
  }

  private mayAsk(name: string | undefined): boolean {
    return name !== undefined && performance.now() - (this.failed.get(name) ?? -AGAIN_MS) >= AGAIN_MS;
  }

  private async cut(name: string, numbers: readonly number[]): Promise<void> {
    const { facts } = this;
    let sheet = this.sheets.get(name);
    if (!sheet) {
      sheet = await createImageBitmap(new Blob([await this.source.bytes(name)]));
      this.sheets.put(name, sheet, 4 * sheet.width * sheet.height);
    }
    for (const number of numbers) {
      const place = number % (facts.columns * facts.rows);
      const left = (place % facts.columns) * facts.width;
      const upper = Math.floor(place / facts.columns) * facts.height;
      const picture = await createImageBitmap(sheet, left, upper, facts.width, facts.height);
      if (this.closed) picture.close();
      else this.pictures.put(String(number), picture, 4 * facts.width * facts.height);
    }
  }
}
