// What the browser keeps: the token, and what waits to be sent. Where it keeps nothing (private
// windows, blocked storage), this page's memory does.
import type { Waiting } from "./types";

export interface Kept {
  token: string | null;
  /** The customer that the token is for. */
  customer: string | null;
  /** What the form before the chat said; nothing if it was not shown yet. */
  form?: { name?: string; email?: string; phone?: string };
  /** The newest answer that the visitor has seen, by its time. */
  seen: number;
  open: boolean;
}

const nothing: Kept = { token: null, customer: null, seen: 0, open: false };

function storage(): Pick<Storage, "getItem" | "setItem" | "removeItem"> & { keys(): string[] } {
  try {
    const probe = "unisono.probe";
    localStorage.setItem(probe, "1");
    localStorage.removeItem(probe);
    return { getItem: (key) => localStorage.getItem(key), setItem: (key, value) => localStorage.setItem(key, value), removeItem: (key) => localStorage.removeItem(key), keys: () => Object.keys(localStorage) };
  } catch {
    const memory = new Map<string, string>();
    return { getItem: (key) => memory.get(key) ?? null, setItem: (key, value) => void memory.set(key, value), removeItem: (key) => void memory.delete(key), keys: () => [...memory.keys()] };
  }
}

export class Keep {
  private readonly store = storage();
  private readonly files = new Map<string, Blob>();
  private readonly state: string;
  private readonly queue: string;

  constructor(site: string) {
    this.state = `unisono.${site}`;
    this.queue = `unisono.${site}.waiting.`;
  }

  read(): Kept {
    try {
      return { ...nothing, ...(JSON.parse(this.store.getItem(this.state) ?? "{}") as Partial<Kept>) };
    } catch {
      return { ...nothing };
    }
  }

  write(change: Partial<Kept>): void {
    try {
      this.store.setItem(this.state, JSON.stringify({ ...this.read(), ...change }));
    } catch {
      // Full: the conversation goes on, only a reload forgets it.
    }
  }

  forget(): void {
    this.store.removeItem(this.state);
    for (const { id } of this.waiting()) void this.done(id);
  }

  /** One key for each, so that pages side by side do not overwrite each other. */
  waiting(): Waiting[] {
    const found: Waiting[] = [];
    for (const key of this.store.keys().filter((key) => key.startsWith(this.queue))) {
      try {
        found.push(JSON.parse(this.store.getItem(key) ?? "") as Waiting);
      } catch {
        this.store.removeItem(key);
      }
    }
    return found.sort((one, other) => one.at - other.at || (one.id < other.id ? -1 : 1));
  }

  async put(waiting: Waiting, file?: Blob): Promise<void> {
    if (file) {
      this.files.set(waiting.id, file);
      await this.database("readwrite", (store) => store.put(file, waiting.id)).catch(() => undefined);
    }
    try {
      this.store.setItem(this.queue + waiting.id, JSON.stringify(waiting));
    } catch {
      // Full: it is sent from memory.
    }
  }

  async file(id: string): Promise<Blob | undefined> {
    return this.files.get(id) ?? (await this.database<Blob>("readonly", (store) => store.get(id) as IDBRequest<Blob>).catch(() => undefined));
  }

  async done(id: string): Promise<void> {
    const carried = this.store.getItem(this.queue + id)?.includes('"file"');
    this.store.removeItem(this.queue + id);
    if (this.files.delete(id) || carried) await this.database("readwrite", (store) => store.delete(id)).catch(() => undefined);
  }

  private database<T>(mode: IDBTransactionMode, work: (store: IDBObjectStore) => IDBRequest): Promise<T | undefined> {
    return new Promise((resolve, reject) => {
      const opening = indexedDB.open("unisono-chat", 1);
      opening.onupgradeneeded = () => opening.result.createObjectStore("files");
      opening.onerror = () => reject(opening.error);
      opening.onsuccess = () => {
        const database = opening.result;
        const request = work(database.transaction("files", mode).objectStore("files"));
        request.onsuccess = () => resolve(request.result as T | undefined);
        request.onerror = () => reject(request.error);
        request.transaction?.addEventListener("complete", () => database.close());
      };
    });
  }
}
