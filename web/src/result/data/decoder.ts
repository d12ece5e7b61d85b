import type { Answer, Order } from "./decode.worker";
import type { LayerName } from "./documents";
import type { Packed } from "./packed";
import type { Pyramid } from "./pyramid";

/** Unpacks what was fetched, away from the thread that draws. */
export interface Decoder {
  window(
    layer: LayerName,
    startS: number,
    endS: number,
    meshSize: number,
    data: ArrayBuffer,
  ): Promise<Packed>;
  signal(count: number, data: ArrayBuffer): Promise<Pyramid>;
  close(): void;
}

type Unnumbered<T> = T extends unknown ? Omit<T, "id"> : never;

export function workerDecoder(): Decoder {
  const worker = new Worker(new URL("./decode.worker.ts", import.meta.url), { type: "module" });
  const waiting = new Map<number, { resolve: (answer: Answer) => void; reject: (error: Error) => void }>();
  let last = 0;

  worker.onmessage = ({ data }: MessageEvent<Answer>) => {
    const who = waiting.get(data.id);
    waiting.delete(data.id);
    if (data.kind === "failed")
      who?.reject(new Error(`This part of the results cannot be read: ${data.message}`));
    else who?.resolve(data);
  };
  worker.onerror = () => {
    for (const who of waiting.values())
      who.reject(new Error("The browser could not start the page's worker."));
    waiting.clear();
  };
  const send = (order: Unnumbered<Order>): Promise<Answer> =>
    new Promise((resolve, reject) => {
      last += 1;
      waiting.set(last, { resolve, reject });
      worker.postMessage({ ...order, id: last }, [order.data]);
    });

  return {
    async window(layer, startS, endS, meshSize, data) {
      const answer = await send({ kind: "window", layer, startS, endS, meshSize, data });
      return (answer as Extract<Answer, { kind: "window" }>).packed;
    },
    async signal(count, data) {
      const answer = await send({ kind: "signal", count, data });
      return (answer as Extract<Answer, { kind: "signal" }>).pyramid;
    },
    close() {
      worker.terminate();
      waiting.clear();
    },
  };
}
