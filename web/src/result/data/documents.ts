/** What the server's view products hold (`GET jobs/{id}/view/…`). Times are seconds on the video's own `currentTime`. */

export type WindowPlace = [startS: number, endS: number, offset: number, length: number];

export interface LayerPlace {
  name: string;
  window_s: number;
  windows: WindowPlace[];
  /** Of faces: which points of the mesh are given, and how they are joined. */
  mesh?: { count: number; lines: number[][] } | null;
}

export interface VideoFacts {
  width: number;
  height: number;
  frame_count: number;
  nominal_fps: number;
  pixel_aspect: [number, number];
}

export interface Thumbnails {
  width: number;
  height: number;
  columns: number;
  rows: number;
  times_s: number[];
  sheets: string[];
}

export interface WaveformLevel {
  per_s: number;
  name: string;
  bins: number;
}

export interface SignalPlace {
  id: string;
  group: string;
  subject: { kind: "face" | "person"; id: number } | { kind: "speaker"; id: string } | null;
  label: string;
  unit: string;
  min: number;
  max: number;
  pipeline: string;
  name: string;
  offset: number;
  count: number;
}

export type LayerName = "persons" | "faces";

export interface ViewIndex {
  version: number;
  token: number;
  duration_s: number;
  video: VideoFacts | null;
  has_audio: boolean;
  thumbnails: Thumbnails | null;
  waveform: { levels: WaveformLevel[] } | null;
  frames: { name: string; count: number } | null;
  layers: Partial<Record<LayerName, LayerPlace>>;
  signals: SignalPlace[];
  timeline: string;
  notes: string[];
}

export interface Scene {
  id: string;
  start_s: number;
  end_s: number;
  score: number | null;
  label: string | null;
  environment: string | null;
}

export interface Speaker {
  id: string;
  name: string;
  talking_s: number;
}

export interface Turn {
  id: string;
  speaker: string;
  start_s: number;
  end_s: number;
  confidence: number | null;
}

export type Word = [
  startS: number,
  endS: number,
  text: string,
  confidence: number | null,
  speaker: string | null,
];

export interface Utterance {
  id: string;
  start_s: number;
  end_s: number;
  text: string;
  speaker: string | null;
  language: string | null;
  words: Word[];
}

export type Span = [startS: number, endS: number];

export interface Person {
  id: string;
  name: string;
  label: string;
  label_confidence: number | null;
  tracks: number[];
  spans: Span[];
}

export interface FaceTrack {
  track: number;
  person: string | null;
  spans: Span[];
}

export interface TimelineEvent {
  id: string;
  start_s: number;
  end_s: number;
  label: string;
  score: number | null;
  layer: string;
}

export interface Timeline {
  revision: number;
  scenes: Scene[];
  speakers: Speaker[];
  turns: Turn[];
  utterances: Utterance[];
  persons: Person[];
  faces: FaceTrack[];
  events: TimelineEvent[];
  corrected: string[];
}

export interface RawFrame {
  i: number;
  t: number;
}

interface RawTrack {
  id: number;
  at: number[];
  box: [number, number, number, number][];
  score: (number | null)[];
  evidence: string;
}

export interface RawPersonTrack extends RawTrack {
  /** 17 times x, y, visibility, score. */
  pose: (number[] | null)[];
}

export interface RawFaceTrack extends RawTrack {
  points: (number[] | null)[];
  mesh: (number[] | null)[];
  pose: ([number, number, number] | null)[];
  gaze: ([number, number] | null)[];
  expression: ([string, number] | null)[];
  blink: ([number, number] | null)[];
}

export interface RawWindow<Track extends RawTrack = RawPersonTrack | RawFaceTrack> {
  frames: RawFrame[];
  tracks: Track[];
}
