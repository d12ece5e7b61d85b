import { computed, signal } from "@preact/signals";
import { type Decoder, workerDecoder } from "./data/decoder";
import type { LayerName, Timeline, ViewIndex } from "./data/documents";
import { Lru } from "./data/lru";
import type { Packed } from "./data/packed";
import { FrameTimes, Intervals } from "./data/search";
import { ChosenSignals } from "./data/signals";
import { ViewSource } from "./data/source";
import { Waveform } from "./data/waveform";
import { LayerWindows } from "./data/windows";
import { type Layer, storedSwitches, storeSwitches } from "./layers";
import { People } from "./people";
import { Player } from "./player/player";
import { TimelineView } from "./timeline/view";

const WINDOW_BYTES = 48_000_000;

/** What an item of the time line is. */
export type ItemKind = "scene" | "turn" | "utterance" | "event" | "person" | "face";

export interface Selected {
  kind: ItemKind;
  id: string;
}

/** The state of an open result: what was loaded, where the video stands, what is shown and chosen. */
export class ResultModel {
  readonly player: Player;
  readonly view: TimelineView;
  readonly people = computed(() => new People(this.timeline.value));
  readonly utterances = computed(() => new Intervals(this.timeline.value.utterances));
  readonly switches = signal(storedSwitches());
  /** Observations below it are hidden, 0 to 1. */
  readonly minConfidence = signal(0);
  /** How many observations the filter hides in the frame that is shown. */
  readonly hidden = signal(0);
  readonly selected = signal<Selected | null>(null);
  /** Counts up whenever data has come that pictures may need. */
  readonly arrived = signal(0);
  readonly timeline;
  readonly layers: Partial<Record<LayerName, LayerWindows>> = {};
  readonly waveform: Waveform | null;
  readonly signals: ChosenSignals;

  constructor(
    readonly index: ViewIndex,
    timeline: Timeline,
    readonly frames: FrameTimes | null,
    readonly source: ViewSource,
    private readonly decoder: Decoder,
  ) {
    this.timeline = signal(timeline);
    this.player = new Player(index.duration_s, frames);
    this.view = new TimelineView(index.duration_s, frames);
    const arrive = () => {
      this.arrived.value += 1;
    };
    const cache = new Lru<Packed>(WINDOW_BYTES);
    for (const name of ["persons", "faces"] as const) {
      const place = index.layers[name];
      if (place) this.layers[name] = new LayerWindows(name, place, source, decoder, cache, arrive);
    }
    this.waveform = index.waveform ? new Waveform(index.waveform.levels, source, arrive) : null;
    this.signals = new ChosenSignals(index.signals, source, decoder, arrive);
  }

  has(from: "persons" | "faces" | "either" | "speech"): boolean {
    if (from === "speech") return this.timeline.value.utterances.length > 0;
    if (from === "either") return this.has("persons") || this.has("faces");
    return this.index.layers[from] !== undefined;
  }

  toggle(layer: Layer): void {
    this.switches.value = { ...this.switches.value, [layer]: !this.switches.value[layer] };
    storeSwitches(this.switches.value);
  }

  /** Go to a time, and have the time line show it. */
  seek(timeS: number): void {
    this.player.seek(timeS);
    this.view.reveal(this.player.timeS.value);
  }

  select(kind: ItemKind, id: string, seekTo?: number): void {
    this.selected.value = { kind, id };
    if (seekTo !== undefined) this.seek(seekTo);
  }

  close(): void {
    this.player.detach();
    for (const windows of Object.values(this.layers)) windows.close();
    this.decoder.close();
  }
}

/**
 * Load what a result starts with; the rest comes when it is looked at.
 *
 * @throws ApiError of the server, NOT_FOUND for a job without view products.
 */
export async function openResult(jobId: string, signal: AbortSignal): Promise<ResultModel> {
  const source = new ViewSource(jobId);
  const index = await source.document<ViewIndex>("view/index.json", signal);
  source.token = index.token;
  const [timeline, frames] = await Promise.all([
    source.document<Timeline>(index.timeline, signal),
    index.frames ? source.bytes(index.frames.name, undefined, signal) : null,
  ]);
  const times = frames ? new FrameTimes(new Float64Array(frames)) : null;
  return new ResultModel(index, timeline, times, source, workerDecoder());
}
