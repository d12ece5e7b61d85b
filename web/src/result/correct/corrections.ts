import { signal } from "@preact/signals";
import { ask, get, post } from "../../api/client";
import { ApiError } from "../../api/errors";
import { announce } from "../../components/Announcer";
import type { Timeline } from "../data/documents";

export type Kind =
  | "rename_person"
  | "merge_persons"
  | "rename_speaker"
  | "merge_speakers"
  | "edit_utterance"
  | "assign_speaker"
  | "move_boundary"
  | "add_segment"
  | "delete_segment";

export interface Correction {
  number: number;
  base: number;
  kind: Kind;
  target: string;
  before: Record<string, unknown>;
  after: Record<string, unknown>;
  created_by: string | null;
  created_at: string;
  undone_by: string | null;
  undone_at: string | null;
  in_force: boolean;
}

interface History {
  revision: number;
  corrections: Correction[];
}

/** What people corrected in a job: a layer over what the pipelines found, of which nothing is ever deleted. */
export class Corrections {
  readonly history = signal<readonly Correction[]>([]);

  constructor(
    private readonly jobId: string,
    private readonly timeline: { value: Timeline },
  ) {}

  get revision(): number {
    return this.timeline.value.revision;
  }

  /** The newest one that holds: the one that can be undone. */
  get newest(): Correction | undefined {
    return this.history.value.find((correction) => correction.number === this.revision);
  }

  async load(): Promise<void> {
    const history = await get<History>(this.path("corrections"));
    this.history.value = history.corrections;
    if (history.revision !== this.revision) this.timeline.value = await get<Timeline>(this.path("timeline"));
  }

  /**
   * Correct something.
   *
   * @throws ApiError of the server. When somebody else was faster, what holds now has been loaded, and doing it again does it on that.
   */
  make(kind: Kind, target: string, after: Record<string, unknown>): Promise<void> {
    return this.change(
      () => post(this.path("corrections"), { kind, target, after, revision: this.revision }),
      "Saved.",
    );
  }

  undo(number: number): Promise<void> {
    return this.change(
      () => post(this.path(`corrections/${number}/undo?revision=${this.revision}`)),
      "Undone.",
    );
  }

  redo(number: number): Promise<void> {
    return this.change(
      () => post(this.path(`corrections/${number}/redo?revision=${this.revision}`)),
      "Done again.",
    );
  }

  backToOriginal(): Promise<void> {
    const all = () => ask(this.path(`corrections?revision=${this.revision}`), { method: "DELETE" });
    return this.change(all, "Everything is as the pipelines found it.");
  }

  private async change(request: () => Promise<unknown>, done: string): Promise<void> {
    try {
      await request();
    } catch (error) {
      if (error instanceof ApiError && error.status === 409) await this.load();
      throw error;
    }
    await this.load();
    announce(done);
  }

  private path(rest: string): string {
    return `jobs/${encodeURIComponent(this.jobId)}/${rest}`;
  }
}
