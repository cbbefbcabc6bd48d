// Staying connected: tries again more and more patiently, rests while nobody looks.
import { Refused } from "./api";

/** Between tries, in milliseconds. */
const PAUSES = [500, 1_500, 4_000, 8_000, 15_000, 30_000];
/** A page that nobody looks at lets go of its line after this. */
const UNSEEN = 120_000;

/** Each a little off, so that not all pages come back at once. */
export function patience(tries: number): number {
  return (PAUSES[Math.min(tries, PAUSES.length - 1)] ?? 30_000) * (0.8 + Math.random() * 0.4);
}

export class Line {
  private running = false;
  private tries = 0;
  private line: AbortController | null = null;
  private wake: (() => void) | null = null;
  private resting = false;

  /** `connect` stays until the line ends, and says when it hears; `failed` whether to go on. */
  constructor(
    private readonly connect: (signal: AbortSignal, heard: () => void) => Promise<void>,
    private readonly failed: (error: Refused) => boolean,
  ) {
    let timer: ReturnType<typeof setTimeout> | undefined;
    document.addEventListener("visibilitychange", () => {
      clearTimeout(timer);
      this.resting = false;
      if (!document.hidden) return this.hurry();
      timer = setTimeout(() => {
        this.resting = true;
        this.line?.abort();
      }, UNSEEN);
    });
    addEventListener("online", () => this.hurry());
  }

  /** Another try now, if it waits for one. */
  hurry(): void {
    this.tries = 0;
    this.wake?.();
  }

  /** Hangs up, to begin anew. */
  again(): void {
    this.line?.abort();
    this.hurry();
  }

  async run(): Promise<void> {
    if (this.running) return;
    this.running = true;
    let go = true;
    while (go) {
      if (this.resting) {
        await this.sleep(2 ** 31 - 1);
        continue;
      }
      let pause: number | null = null;
      this.line = new AbortController();
      try {
        await this.connect(this.line.signal, () => (this.tries = 0));
        // The server ended it, for a new edition or a restart.
        if (this.tries === 0) pause = 300;
      } catch (error) {
        if (!(error instanceof Refused)) throw error;
        go = this.failed(error);
        pause = error.after;
      }
      this.line = null;
      if (go) await this.sleep(pause ?? patience(this.tries++));
    }
    this.running = false;
  }

  private sleep(time: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, time);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
