import { computed, signal } from "@preact/signals";
import { get } from "../api/client";
import { ApiError } from "../api/errors";
import { Corrections } from "./correct/corrections";
import { segmentOf } from "./correct/parts";
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
import { type Stretch, TimelineView } from "./timeline/view";

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
  readonly corrections: Corrections;
  /** Where the borders of the selected item are while they are dragged. */
  readonly dragged = signal<Stretch | null>(null);
  /** Why the last dragging was not saved. */
  readonly dragError = signal<Error | null>(null);
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
    this.corrections = new Corrections(source.jobId, this.timeline);
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

  /** Save where the borders of the selected item were dragged to. */
  async saveDragged(): Promise<void> {
    const segment = segmentOf(this.timeline.value, this.selected.value);
    const to = this.dragged.value;
    if (!segment || !to) return;
    const after = {
      ...(to.startS === segment.start_s ? {} : { start_s: to.startS }),
      ...(to.endS === segment.end_s ? {} : { end_s: to.endS }),
    };
    try {
      if (Object.keys(after).length > 0) await this.corrections.make("move_boundary", segment.id, after);
      this.dragError.value = null;
    } catch (error) {
      this.dragError.value = error as Error;
    } finally {
      this.dragged.value = null;
    }
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
    openTimeline(source, index, signal),
    index.frames ? source.bytes(index.frames.name, undefined, signal) : null,
  ]);
  const times = frames ? new FrameTimes(new Float64Array(frames)) : null;
  return new ResultModel(index, timeline, times, source, workerDecoder());
}

/** With corrections; as the pipelines left it, for jobs that keep nothing that could be corrected. */
async function openTimeline(source: ViewSource, index: ViewIndex, signal: AbortSignal): Promise<Timeline> {
  try {
    return await get<Timeline>(`jobs/${encodeURIComponent(source.jobId)}/timeline`, signal);
  } catch (error) {
    if (error instanceof ApiError && error.status === 404)
      return source.document<Timeline>(index.timeline, signal);
    throw error;
  }
}
