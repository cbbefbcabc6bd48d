// Calls to the site's own address, and the stream of news.

export class Refused extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    readonly field: string | null,
    readonly after: number | null,
  ) {
    super(code);
  }

  /** Worth another try: nobody answered, or whoever did is busy or starting. */
  get passing(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

/** Silence that is longer than the server's beat means that the line is dead. */
const SILENCE = 45_000;

export class Api {
  token: string | null = null;

  constructor(readonly base: string) {}

  private headers(extra: Record<string, string> = {}): Record<string, string> {
    return this.token ? { ...extra, Authorization: `Bearer ${this.token}` } : extra;
  }

  private async fetch(path: string, init: RequestInit): Promise<Response> {
    let response: Response;
    try {
      response = await fetch(new URL(path, this.base), { ...init, credentials: "omit", referrerPolicy: "no-referrer", cache: "no-store" });
    } catch {
      throw new Refused(0, "network", null, null);
    }
    if (response.ok) return response;
    const body = (await response.json().catch(() => ({}))) as { error?: string; field?: string; retry_after_ms?: number };
    throw new Refused(response.status, body.error ?? "unknown", body.field ?? null, body.retry_after_ms ?? null);
  }

  async get<T>(path: string): Promise<T> {
    return (await (await this.fetch(path, { headers: this.headers() })).json()) as T;
  }

  async post<T>(path: string, body: unknown): Promise<T> {
    const init = { method: "POST", headers: this.headers({ "Content-Type": "application/json" }), body: JSON.stringify(body) };
    return (await (await this.fetch(path, init)).json()) as T;
  }

  async upload<T>(id: string, name: string, blob: Blob): Promise<T> {
    const path = `files?id=${encodeURIComponent(id)}&name=${encodeURIComponent(name)}`;
    return (await (await this.fetch(path, { method: "POST", headers: this.headers({ "Content-Type": "application/octet-stream" }), body: blob })).json()) as T;
  }

  /** Server-sent events, read by hand: `EventSource` can send no token. Ends when the line does. */
  async listen(after: number | null, signal: AbortSignal, hear: (event: string, data: unknown, id: number | null) => void): Promise<void> {
    const line = new AbortController();
    const stop = () => line.abort();
    signal.addEventListener("abort", stop);
    let watch = setTimeout(stop, SILENCE);
    try {
      const headers = this.headers(after === null ? {} : { "Last-Event-ID": String(after) });
      const response = await this.fetch("events", { headers, signal: line.signal });
      const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
      if (!reader) throw new Refused(0, "network", null, null);
      let text = "";
      for (;;) {
        const { value, done } = await reader.read().catch(() => ({ value: undefined, done: true }));
        if (done) return;
        clearTimeout(watch);
        watch = setTimeout(stop, SILENCE);
        text += value;
        for (let end = text.indexOf("\n\n"); end >= 0; end = text.indexOf("\n\n")) {
          const block = text.slice(0, end);
          text = text.slice(end + 2);
          const event = parse(block);
          if (event) hear(event.name, event.data, event.id);
        }
      }
    } finally {
      clearTimeout(watch);
      signal.removeEventListener("abort", stop);
      line.abort();
    }
  }
}

/** One block of an event stream (HTML standard, section 9.2.6); nothing for a comment. */
export function parse(block: string): { name: string; data: unknown; id: number | null } | null {
  const field = (name: string) => block.split("\n").find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2);
  const data = field("data");
  if (data === undefined) return null;
  const id = field("id");
  try {
    return { name: field("event") ?? "message", data: JSON.parse(data), id: id ? Number(id) : null };
  } catch {
    return null;
  }
}
