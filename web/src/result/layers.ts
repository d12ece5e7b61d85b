/** What can be shown over the video. */
export type Layer =
  | "boxes"
  | "skeletons"
  | "labels"
  | "faces"
  | "landmarks"
  | "gaze"
  | "head"
  | "expression"
  | "captions";

export interface LayerInfo {
  layer: Layer;
  name: string;
  key: string;
  /** Which product it is drawn from. */
  from: "persons" | "faces" | "either" | "speech";
}

export const LAYERS: readonly LayerInfo[] = [
  { layer: "boxes", name: "Boxes", key: "1", from: "persons" },
  { layer: "skeletons", name: "Skeletons", key: "2", from: "persons" },
  { layer: "labels", name: "Ids and labels", key: "3", from: "either" },
  { layer: "faces", name: "Face boxes", key: "4", from: "faces" },
  { layer: "landmarks", name: "Landmarks", key: "5", from: "faces" },
  { layer: "gaze", name: "Gaze", key: "6", from: "faces" },
  { layer: "head", name: "Head pose", key: "7", from: "faces" },
  { layer: "expression", name: "Expression", key: "8", from: "faces" },
  { layer: "captions", name: "Captions", key: "9", from: "speech" },
];

export type Switches = Record<Layer, boolean>;

const STORED = "videoannotator.layers";
const FIRST: Switches = {
  boxes: true,
  skeletons: true,
  labels: true,
  faces: true,
  landmarks: false,
  gaze: true,
  head: false,
  expression: true,
  captions: true,
};

/** As they were set last on this computer. */
export function storedSwitches(): Switches {
  const found = { ...FIRST };
  try {
    const stored = JSON.parse(localStorage.getItem(STORED) ?? "{}") as Partial<Switches>;
    for (const { layer } of LAYERS) if (typeof stored[layer] === "boolean") found[layer] = stored[layer];
  } catch {
    localStorage.removeItem(STORED);
  }
  return found;
}

export function storeSwitches(switches: Switches): void {
  localStorage.setItem(STORED, JSON.stringify(switches));
}
