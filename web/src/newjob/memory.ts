import type { Recipe } from "./item";

const STORED = "videoannotator.newjob.orders";

/** The jobs that were ordered of uploads on their way, by the upload's id: a reload must not forget them. */
type Orders = Record<string, Recipe>;

export function remember(uploadId: string, recipe: Recipe): void {
  write({ ...read(), [uploadId]: recipe });
}

export function remembered(uploadId: string): Recipe | null {
  return read()[uploadId] ?? null;
}

export function forget(uploadId: string): void {
  const { [uploadId]: _, ...others } = read();
  write(others);
}

export function forgetAll(): void {
  sessionStorage.removeItem(STORED);
}

function read(): Orders {
  try {
    return (JSON.parse(sessionStorage.getItem(STORED) ?? "{}") ?? {}) as Orders;
  } catch {
    return {};
  }
}

function write(orders: Orders): void {
  sessionStorage.setItem(STORED, JSON.stringify(orders));
}
