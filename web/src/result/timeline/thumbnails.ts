import type { Thumbnails } from "../data/documents";
import { Lru } from "../data/lru";
import { lastAtOrBefore } from "../data/search";
import type { ViewSource } from "../data/source";
import type { Scene } from "./scene";

const MAX_BYTES = 48_000_000;

/** Small pictures of the recording, cut out of sheets that are fetched when one of theirs is shown. */
export class ThumbnailSheets {
  private readonly sheets = new Lru<ImageBitmap>(MAX_BYTES, (bitmap) => bitmap.close());
  private readonly asked = new Set<string>();

  constructor(
    private readonly facts: Thumbnails,
    private readonly source: ViewSource,
    private readonly onChange: () => void,
  ) {}

  draw(scene: Scene, top: number, height: number): void {
    const { facts } = this;
    const width = (height * facts.width) / facts.height;
    const perS = scene.width / (scene.stretch.endS - scene.stretch.startS);
    const slotS = width / perS;
    // slots lie at multiples of their length, so that pictures move with the time line and do not change under the hand
    for (let slot = Math.floor(scene.stretch.startS / slotS); slot * slotS < scene.stretch.endS; slot += 1) {
      const number = Math.max(0, lastAtOrBefore(facts.times_s, (slot + 0.5) * slotS));
      this.drawOne(scene, number, scene.x(slot * slotS), top, width, height);
    }
  }

  close(): void {
    this.sheets.clear();
  }

  private drawOne(scene: Scene, number: number, x: number, top: number, width: number, height: number): void {
    const { facts } = this;
    const perSheet = facts.columns * facts.rows;
    const name = facts.sheets[Math.floor(number / perSheet)];
    if (name === undefined) return;
    const sheet = this.sheets.get(name);
    if (!sheet) {
      void this.load(name);
      return;
    }
    const place = number % perSheet;
    const column = place % facts.columns;
    const row = Math.floor(place / facts.columns);
    const [left, upper] = [column * facts.width, row * facts.height];
    scene.context.drawImage(sheet, left, upper, facts.width, facts.height, x, top, width, height);
  }

  private async load(name: string): Promise<void> {
    if (this.asked.has(name)) return;
    this.asked.add(name);
    try {
      const bitmap = await createImageBitmap(new Blob([await this.source.bytes(name)]));
      this.sheets.put(name, bitmap, 4 * bitmap.width * bitmap.height);
      this.asked.delete(name);
      this.onChange();
    } catch {
      setTimeout(() => this.asked.delete(name), 5000); // scenes are drawn without pictures meanwhile
    }
  }
}
