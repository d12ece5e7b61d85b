import { signal } from "@preact/signals";
import type { Decoder } from "./decoder";
import type { SignalPlace } from "./documents";
import type { Pyramid } from "./pyramid";
import type { ViewSource } from "./source";

/** Each is drawn as a row of its own; more are hardly read, and memory stays bounded. */
export const MAX_SIGNALS = 12;

/** The numeric signals that the user chose to see. */
export class ChosenSignals {
  readonly chosen = signal<readonly string[]>([]);
  readonly error = signal<Error | null>(null);
  private readonly loaded = new Map<string, Pyramid>();

  constructor(
    readonly places: readonly SignalPlace[],
    private readonly source: ViewSource,
    private readonly decoder: Decoder,
    private readonly onChange: () => void,
  ) {}

  place(id: string): SignalPlace | undefined {
    return this.places.find((place) => place.id === id);
  }

  data(id: string): Pyramid | undefined {
    return this.loaded.get(id);
  }

  choose(id: string, on: boolean): void {
    const others = this.chosen.value.filter((chosen) => chosen !== id);
    if (!on) {
      this.loaded.delete(id);
      this.chosen.value = others;
      return;
    }
    this.chosen.value = [...others, id].slice(-MAX_SIGNALS);
    for (const gone of this.loaded.keys()) if (!this.chosen.value.includes(gone)) this.loaded.delete(gone);
    void this.load(id);
  }

  private async load(id: string): Promise<void> {
    const place = this.place(id);
    if (!place || this.loaded.has(id)) return;
    try {
      const data = await this.source.bytes(place.name, { offset: place.offset, length: 12 * place.count });
      const made = await this.decoder.signal(place.count, data);
      if (!this.chosen.value.includes(id)) return;
      this.error.value = null;
      this.loaded.set(id, made);
    } catch (error) {
      this.error.value = error as Error;
    }
    this.onChange();
  }
}
