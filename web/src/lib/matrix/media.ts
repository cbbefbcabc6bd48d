// Pictures and files: fetched with the sign-in (authenticated media), decrypted when the chat is
// encrypted, and kept as blob: addresses while they are likely to be looked at again.
import { Attachment, EncryptedAttachment } from "@matrix-org/matrix-sdk-crypto-wasm";
import type { MatrixClient } from "matrix-js-sdk/lib/matrix";

/** The `file` of an encrypted attachment, Client-Server API "Extensions to m.room.message msgtypes". */
export interface EncryptedFile {
  url: string;
  key: Record<string, unknown>;
  iv: string;
  hashes: Record<string, string>;
  v: string;
}

export interface MediaSource {
  url?: string;
  file?: EncryptedFile;
  /** Longer side in CSS pixels, when a small version is enough. Encrypted files have none. */
  size?: number;
  /** What it really is; never trusted for anything that can run. */
  mimetype?: string;
}

export type Progress = (loaded: number, total: number) => void;

const kept = new Map<string, Promise<string>>();
const keepAtMost = 400;

/** Types that a browser may show from a blob: address without running anything. */
const showable = /^(image\/(png|jpe?g|gif|webp|avif|bmp)|video\/(mp4|webm|ogg|quicktime)|audio\/[\w.+-]+|application\/pdf)$/;

export function safeType(mimetype: string | undefined): string {
  const type = (mimetype ?? "").toLowerCase().split(";")[0]!.trim();
  return showable.test(type) ? type : "application/octet-stream";
}

function mediaPath(client: MatrixClient, source: MediaSource): string | null {
  const mxc = source.file?.url ?? source.url;
  if (!mxc?.startsWith("mxc://")) return null;
  const scale = Math.min(window.devicePixelRatio || 1, 2);
  const side = source.size && !source.file ? Math.ceil(source.size * scale) : undefined;
  // A way of scaling without a size would ask for a thumbnail, too.
  const how = side ? (side <= 192 ? "crop" : "scale") : undefined;
  return client.mxcUrlToHttp(mxc, side, side, how, false, true, true);
}

/** A blob: address for a source; the same one while it is kept. */
export function mediaUrl(client: MatrixClient, source: MediaSource): Promise<string> {
  const key = `${source.file?.url ?? source.url}|${source.file ? "" : (source.size ?? "")}`;
  const known = kept.get(key);
  if (known) return known;
  const made = download(client, source).then((blob) => URL.createObjectURL(blob));
  kept.set(key, made);
  made.catch(() => kept.delete(key));
  if (kept.size > keepAtMost) {
    const [oldest, address] = kept.entries().next().value as [string, Promise<string>];
    kept.delete(oldest);
    void address.then((url) => setTimeout(() => URL.revokeObjectURL(url), 60_000), () => undefined);
  }
  return made;
}

/** The bytes of a source, decrypted. */
export async function download(client: MatrixClient, source: MediaSource, progress?: Progress): Promise<Blob> {
  const path = mediaPath(client, source);
  if (!path) throw new Error("no media address");
  let response = await fetch(path, { headers: { Authorization: `Bearer ${client.getAccessToken()}` } });
  if (!response.ok && source.size) {
    // Some formats have no thumbnail: the whole picture does as well.
    const whole = mediaPath(client, { ...source, size: undefined });
    response = await fetch(whole!, { headers: { Authorization: `Bearer ${client.getAccessToken()}` } });
  }
  if (!response.ok) throw new Error(`media answered ${response.status}`);
  const bytes = await read(response, progress);
  const served = response.headers.get("Content-Type") ?? undefined;
  const clear = source.file ? decryptFile(bytes, source.file) : bytes;
  return new Blob([clear], { type: safeType(source.size && !source.file ? served : (source.mimetype ?? served)) });
}

async function read(response: Response, progress?: Progress): Promise<Uint8Array<ArrayBuffer>> {
  if (!progress || !response.body) return new Uint8Array(await response.arrayBuffer());
  const total = Number(response.headers.get("Content-Length") ?? 0);
  const reader = response.body.getReader();
  const chunks: Uint8Array[] = [];
  let loaded = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    chunks.push(value);
    loaded += value.length;
    progress(loaded, total);
  }
  const whole = new Uint8Array(loaded);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}

/** Checks the hash and decrypts, in the crypto library; throws when the file was tampered with. */
export function decryptFile(bytes: Uint8Array, file: EncryptedFile): Uint8Array<ArrayBuffer> {
  const { key, iv, hashes, v } = file;
  return Attachment.decrypt(new EncryptedAttachment(bytes, JSON.stringify({ key, iv, hashes, v }))) as Uint8Array<ArrayBuffer>;
}

/** Encrypts for an encrypted chat; `describe` makes the event's `file` once the upload has an address. */
export function encryptFile(bytes: Uint8Array): { data: Uint8Array<ArrayBuffer>; describe: (url: string) => EncryptedFile } {
  const encrypted = Attachment.encrypt(bytes);
  const data = encrypted.encryptedData as Uint8Array<ArrayBuffer>;
  const info = JSON.parse(encrypted.mediaEncryptionInfo ?? "{}") as Omit<EncryptedFile, "url">;
  return { data, describe: (url) => ({ ...info, url }) };
}

/** Lets the person save a blob under a name. */
export function saveAs(blob: Blob | string, name: string) {
  const link = document.createElement("a");
  const url = typeof blob === "string" ? blob : URL.createObjectURL(blob);
  link.href = url;
  link.download = name;
  link.click();
  if (typeof blob !== "string") setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
