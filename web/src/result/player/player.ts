import { signal } from "@preact/signals";
import type { FrameTimes } from "../data/search";

const SPEEDS = [1, 2, 4, 8] as const;
const JUMP_S = 10;
/** A second J or L within this time starts the shuttle. */
const REPEAT_MS = 800;

/** A frame that the video has put on the screen. */
export interface Presented {
  mediaTime: number;
  /** Its number; -1 when the recording's frames are not known. */
  frame: number;
}

/**
 * Drives a media element: where it stands, frame by frame. `timeS` follows the user's wish at once while a seek is under way;
 * `presented` says what is really on the screen.
 */
export class Player {
  readonly timeS = signal(0);
  readonly presented = signal<Presented | null>(null);
  readonly playing = signal(false);
  /** Times as fast as life; negative backwards. */
  readonly speed = signal(1);
  readonly muted = signal(false);

  private video: HTMLVideoElement | null = null;
  private request = 0;
  private wanted: number | null = null;
  private reverse = 0;
  private lastJump = { key: "", at: Number.NEGATIVE_INFINITY };
  private readonly cleanup: (() => void)[] = [];

  constructor(
    readonly durationS: number,
    private readonly frames: FrameTimes | null,
  ) {}

  attach(video: HTMLVideoElement): void {
    this.detach();
    this.video = video;
    const on = (type: string, act: () => void) => {
      video.addEventListener(type, act);
      this.cleanup.push(() => video.removeEventListener(type, act));
    };
    on("play", () => {
      this.playing.value = true;
      this.follow();
    });
    on("pause", () => {
      this.playing.value = this.reverse !== 0;
    });
    on("ended", () => this.pause());
    on("seeked", () => this.afterSeek());
    on("ratechange", () => {
      if (this.reverse === 0) this.speed.value = video.playbackRate;
    });
    on("volumechange", () => {
      this.muted.value = video.muted;
    });
    on("loadedmetadata", () => this.resume());
    on("loadeddata", () => this.follow());
    this.follow();
  }

  /** After another address was given to the element, go on where it was. */
  private resume(): void {
    if (!this.video || this.timeS.value === 0) return;
    this.video.currentTime = this.timeS.value;
    if (this.playing.value && this.reverse === 0) this.play(this.speed.value);
  }

  detach(): void {
    this.stopFollowing();
    cancelAnimationFrame(this.reverse);
    this.reverse = 0;
    for (const undo of this.cleanup.splice(0)) undo();
    this.video = null;
  }

  togglePlay(): void {
    if (this.playing.value) this.pause();
    else this.play();
  }

  play(speed = 1): void {
    if (!this.video) return;
    this.stopReverse();
    this.video.playbackRate = speed;
    this.speed.value = speed;
    // a browser may refuse to play before the user has touched the page; then it stays paused, as its button says
    this.video.play().catch(() => undefined);
  }

  pause(): void {
    this.stopReverse();
    this.video?.pause();
    this.playing.value = false;
    if (this.video) this.video.playbackRate = 1;
    this.speed.value = 1;
  }

  toggleMute(): void {
    if (this.video) this.video.muted = !this.video.muted;
  }

  /** Go to a time; of several wishes while a seek is under way, the last one is done. */
  seek(timeS: number): void {
    const target = Math.min(Math.max(timeS, 0), this.durationS);
    this.timeS.value = target;
    if (!this.video) return;
    if (this.video.seeking) this.wanted = target;
    else this.video.currentTime = target;
  }

  /** Go by so many frames, exactly, and stop there. */
  step(count: number): void {
    if (this.playing.value) this.pause();
    if (!this.frames) {
      this.seek(this.timeS.value + count / 25);
      return;
    }
    const shown = this.frames.frameShownAt(this.timeS.value);
    this.seekFrame(shown + count);
  }

  seekFrame(frame: number): void {
    if (this.frames) this.seek(this.frames.seekTime(frame));
  }

  jump(seconds: number): void {
    this.seek(this.timeS.value + seconds);
  }

  /** J and L: by ten seconds; pressed again at once, or while it shuttles, ever faster. */
  shuttle(direction: 1 | -1): void {
    const now = performance.now();
    const key = String(direction);
    const again = this.lastJump.key === key && now - this.lastJump.at < REPEAT_MS;
    const shuttling = this.playing.value && (this.speed.value < 0 || this.speed.value > 1);
    this.lastJump = { key, at: now };
    if (!again && !shuttling) {
      this.jump(direction * JUMP_S);
      return;
    }
    const current = this.playing.value ? this.speed.value * direction : 0;
    const next = SPEEDS.find((speed) => speed > current) ?? 8;
    if (direction > 0) this.play(current > 0 ? next : SPEEDS[1]);
    else this.playBackwards(current > 0 ? next : 1);
  }

  private playBackwards(speed: number): void {
    this.stopReverse();
    this.video?.pause();
    this.speed.value = -speed;
    this.playing.value = true;
    let before = performance.now();
    const tick = (now: number) => {
      const target = this.timeS.value - ((now - before) / 1000) * speed;
      before = now;
      this.seek(target);
      if (target <= 0) this.pause();
      else this.reverse = requestAnimationFrame(tick);
    };
    this.reverse = requestAnimationFrame(tick);
  }

  private stopReverse(): void {
    cancelAnimationFrame(this.reverse);
    this.reverse = 0;
  }

  private afterSeek(): void {
    const next = this.wanted;
    this.wanted = null;
    if (next !== null && this.video) this.video.currentTime = next;
    else if (!this.tellsFrames()) this.present(this.video?.currentTime ?? 0);
  }

  /** Be told of each frame that comes on the screen, or look at the clock while it plays where the browser does not tell. */
  private follow(): void {
    const { video } = this;
    this.stopFollowing();
    if (!video) return;
    if (this.tellsFrames()) {
      this.request = video.requestVideoFrameCallback((_, metadata) => {
        this.present(metadata.mediaTime);
        this.follow();
      });
      return;
    }
    this.present(video.currentTime);
    if (!video.paused) this.request = requestAnimationFrame(() => this.follow());
  }

  private stopFollowing(): void {
    if (this.tellsFrames()) this.video?.cancelVideoFrameCallback(this.request);
    else cancelAnimationFrame(this.request);
  }

  private tellsFrames(): boolean {
    return this.frames !== null && this.video !== null && "requestVideoFrameCallback" in this.video;
  }

  private present(mediaTime: number): void {
    const { video, frames } = this;
    const frame = frames
      ? this.tellsFrames()
        ? frames.frameOf(mediaTime)
        : frames.frameShownAt(mediaTime)
      : -1;
    this.presented.value = { mediaTime, frame };
    if (this.playing.value && this.reverse === 0 && !video?.seeking) this.timeS.value = mediaTime;
  }
}
