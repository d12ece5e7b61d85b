import type { Timeline } from "../data/documents";
import type { Selected } from "../model";

/** A stretch of time that can be moved, or deleted. */
export interface Segment {
  id: string;
  start_s: number;
  end_s: number;
}

/** The selected item when its borders can be moved; null for what a correction cannot move. */
export function segmentOf(timeline: Timeline, selected: Selected | null): Segment | null {
  if (!selected) return null;
  const { kind, id } = selected;
  if (kind === "scene") return timeline.scenes.find((one) => one.id === id) ?? null;
  if (kind === "turn") return timeline.turns.find((one) => one.id === id) ?? null;
  if (kind === "utterance") return timeline.utterances.find((one) => one.id === id) ?? null;
  if (kind === "event") return timeline.events.find((one) => one.id === id && isSoundEvent(one)) ?? null;
  return null;
}

/** Only events of the sound can be corrected; the others follow from what else was found. */
export function isSoundEvent(event: { id: string; layer: string }): boolean {
  return event.layer === "audio_events";
}

/** Seconds as a person types them: `12.5`, `1:02.25`, `1:00:03`; null when they are none. */
export function secondsIn(text: string): number | null {
  const parts = text.trim().split(":");
  if (parts.length > 3 || !parts.every((part) => /^\d+(\.\d+)?$/.test(part))) return null;
  return parts.reduce((sum, part) => 60 * sum + Number(part), 0);
}
