import { useEffect, useState } from "react";
import { type EncryptedFile, mediaUrl, type MediaSource } from "@/lib/matrix/media";
import { useUnisono } from "@/lib/matrix/context";

export interface Loaded {
  url: string | null;
  failed: boolean;
}

/** The blob: address of a file, as soon as it is here. */
export function useMedia(source: MediaSource | null): Loaded {
  const { client } = useUnisono();
  const address = source ? (source.file?.url ?? source.url ?? "") : "";
  const [state, setState] = useState<Loaded>({ url: null, failed: false });
  useEffect(() => {
    setState({ url: null, failed: false });
    if (!source || !address) return;
    let live = true;
    mediaUrl(client, source).then(
      (url) => live && setState({ url, failed: false }),
      () => live && setState({ url: null, failed: true }),
    );
    return () => {
      live = false;
    };
    // The address names the content; the rest of the source cannot change without it.
  }, [client, address, source?.size]);
  return state;
}

export interface FileContent {
  body?: string;
  filename?: string;
  url?: string;
  file?: EncryptedFile;
  info?: {
    mimetype?: string;
    size?: number;
    w?: number;
    h?: number;
    duration?: number;
    thumbnail_url?: string;
    thumbnail_file?: EncryptedFile;
  };
}

export function sourceOf(content: FileContent, size?: number): MediaSource {
  return { url: content.url, file: content.file, mimetype: content.info?.mimetype, size };
}

/** A small version: the sender's own, or one that the server makes. */
export function thumbnailOf(content: FileContent, size: number): MediaSource {
  const { info } = content;
  if (info?.thumbnail_file) return { file: info.thumbnail_file, mimetype: "image/jpeg" };
  if (info?.thumbnail_url && !content.file) return { url: info.thumbnail_url, size };
  return sourceOf(content, content.file ? undefined : size);
}

export function nameOf(content: FileContent): string {
  return content.filename || content.body || "";
}

/** Words that were sent with a file. */
export function captionOf(content: FileContent): string {
  return content.filename && content.body && content.filename !== content.body ? content.body : "";
}
