// Files on their way up: encrypted where the chat is, uploaded with progress, then sent as a message.
import { useSyncExternalStore } from "react";
import type { MatrixClient } from "matrix-js-sdk/lib/matrix";
import { isEncrypted } from "@/lib/matrix/chat";
import { type EncryptedFile, encryptFile } from "@/lib/matrix/media";
import { describe } from "./file-info";

export interface Upload {
  id: number;
  roomId: string;
  name: string;
  done: number | null;
  failed: boolean;
  reason: string;
}

interface Job extends Upload {
  client: MatrixClient;
  file: File;
  caption: string;
  replyTo: string | undefined;
  abort: AbortController;
}

let jobs: readonly Job[] = [];
let nextId = 1;
const listeners = new Set<() => void>();
const views = new Map<string, { jobs: readonly Job[]; mine: readonly Upload[] }>();

function set(next: readonly Job[]) {
  jobs = next;
  listeners.forEach((listener) => listener());
}

const change = (id: number, part: Partial<Upload>) => set(jobs.map((job) => (job.id === id ? { ...job, ...part } : job)));
const drop = (id: number) => set(jobs.filter((job) => job.id !== id));

export function useUploads(roomId: string): readonly Upload[] {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => {
      const known = views.get(roomId);
      if (known?.jobs === jobs) return known.mine;
      const filtered = jobs.filter((job) => job.roomId === roomId);
      const mine = known && filtered.length === 0 && known.mine.length === 0 ? known.mine : filtered;
      views.set(roomId, { jobs, mine });
      return mine;
    },
  );
}

// One after the other, so that files arrive in the order in which they were chosen.
let queue: Promise<void> = Promise.resolve();

export function sendFile(client: MatrixClient, roomId: string, file: File, caption: string, replyTo?: string) {
  const job: Job = {
    id: nextId++,
    roomId,
    name: file.name,
    done: 0,
    failed: false,
    reason: "",
    client,
    file,
    caption,
    replyTo,
    abort: new AbortController(),
  };
  set([...jobs, job]);
  queue = queue.then(() => run(job));
}

export function retryUpload(id: number) {
  const job = jobs.find((candidate) => candidate.id === id);
  if (!job) return;
  const again = { ...job, failed: false, reason: "", done: 0, abort: new AbortController() };
  set(jobs.map((candidate) => (candidate.id === id ? again : candidate)));
  queue = queue.then(() => run(again));
}

export function cancelUpload(id: number) {
  jobs.find((job) => job.id === id)?.abort.abort();
  drop(id);
}

async function run(job: Job) {
  if (job.abort.signal.aborted) return;
  try {
    const content = await upload(job);
    if (job.abort.signal.aborted) return;
    drop(job.id);
    // From here on the message's own fate tells how it goes.
    void job.client.sendMessage(job.roomId, content as never).catch(() => undefined);
  } catch (error) {
    if (!job.abort.signal.aborted) change(job.id, { failed: true, reason: reasonOf(error) });
  }
}

function reasonOf(error: unknown): string {
  const data = (error as { data?: { message?: { de: string; en: string } } }).data;
  return data?.message ? (document.documentElement.lang === "de" ? data.message.de : data.message.en) : "";
}

async function upload(job: Job): Promise<Record<string, unknown>> {
  const { client, file, caption } = job;
  const room = client.getRoom(job.roomId);
  const secret = room ? isEncrypted(room) : false;
  const { info, thumbnail } = await describe(file);
  const put = (blob: Blob, type: string, progress: boolean) => putFile(job, blob, type, secret, progress);
  const main = await put(file, info.mimetype, true);
  const small = thumbnail ? await put(thumbnail.blob, "image/jpeg", false) : null;
  const { msgtype, ...measures } = info;
  return {
    msgtype,
    body: caption || file.name,
    filename: file.name,
    ...main,
    info: {
      ...measures,
      ...(small?.url ? { thumbnail_url: small.url } : {}),
      ...(small?.file ? { thumbnail_file: small.file } : {}),
      ...(thumbnail ? { thumbnail_info: { w: thumbnail.w, h: thumbnail.h, size: thumbnail.blob.size, mimetype: "image/jpeg" } } : {}),
    },
    ...(job.replyTo ? { "m.relates_to": { "m.in_reply_to": { event_id: job.replyTo } } } : {}),
  };
}

async function putFile(job: Job, blob: Blob, type: string, secret: boolean, progress: boolean): Promise<{ url?: string; file?: EncryptedFile }> {
  const options = {
    name: secret ? undefined : job.name,
    includeFilename: !secret,
    type: secret ? "application/octet-stream" : type,
    abortController: job.abort,
    progressHandler: progress ? ({ loaded, total }: { loaded: number; total: number }) => change(job.id, { done: total ? loaded / total : null }) : undefined,
  };
  if (!secret) {
    const { content_uri } = await job.client.uploadContent(blob, options);
    return { url: content_uri };
  }
  const { data, describe: describeFile } = encryptFile(new Uint8Array(await blob.arrayBuffer()));
  const { content_uri } = await job.client.uploadContent(new Blob([data]), options);
  return { file: describeFile(content_uri) };
}
