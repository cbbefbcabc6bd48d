// What a file is, before it is sent: its kind, its measures, and a small picture of it.

export interface FileInfo {
  msgtype: "m.image" | "m.video" | "m.audio" | "m.file";
  mimetype: string;
  size: number;
  w?: number;
  h?: number;
  duration?: number;
}

export interface Described {
  info: FileInfo;
  thumbnail: { blob: Blob; w: number; h: number } | null;
}

const thumbnailSide = 800;

export function kindOf(type: string): FileInfo["msgtype"] {
  if (/^image\/(png|jpe?g|gif|webp|avif|bmp)$/.test(type)) return "m.image";
  if (type.startsWith("video/")) return "m.video";
  if (type.startsWith("audio/")) return "m.audio";
  return "m.file";
}

export async function describe(file: File): Promise<Described> {
  const info: FileInfo = { msgtype: kindOf(file.type), mimetype: file.type || "application/octet-stream", size: file.size };
  try {
    if (info.msgtype === "m.image") return await describeImage(file, info);
    if (info.msgtype === "m.video") return await describeVideo(file, info);
  } catch {
    // A broken or unknown format still goes out, as a plain file.
    return { info: { ...info, msgtype: "m.file" }, thumbnail: null };
  }
  return { info, thumbnail: null };
}

async function describeImage(file: File, info: FileInfo): Promise<Described> {
  const picture = await createImageBitmap(file);
  const { width, height } = picture;
  const small = width <= thumbnailSide && height <= thumbnailSide && file.size < 300_000;
  const thumbnail = small ? null : await draw(picture, width, height);
  picture.close();
  return { info: { ...info, w: width, h: height }, thumbnail };
}

async function draw(source: CanvasImageSource, width: number, height: number): Promise<Described["thumbnail"]> {
  const scale = Math.min(1, thumbnailSide / width, thumbnailSide / height);
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(width * scale));
  canvas.height = Math.max(1, Math.round(height * scale));
  canvas.getContext("2d")?.drawImage(source, 0, 0, canvas.width, canvas.height);
  const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.82));
  return blob && { blob, w: canvas.width, h: canvas.height };
}

function describeVideo(file: File, info: FileInfo): Promise<Described> {
  return new Promise((resolve, reject) => {
    const video = document.createElement("video");
    const url = URL.createObjectURL(file);
    const done = (described: Described) => {
      URL.revokeObjectURL(url);
      resolve(described);
    };
    const timer = setTimeout(() => done({ info, thumbnail: null }), 4000);
    video.muted = true;
    video.preload = "metadata";
    video.onloadedmetadata = () => {
      video.currentTime = Math.min(0.5, video.duration / 2);
    };
    video.onseeked = () => {
      clearTimeout(timer);
      const { videoWidth: w, videoHeight: h } = video;
      const measured = { ...info, w, h, duration: Math.round(video.duration * 1000) };
      void draw(video, w, h).then((thumbnail) => done({ info: measured, thumbnail }));
    };
    video.onerror = () => {
      clearTimeout(timer);
      URL.revokeObjectURL(url);
      reject(new Error("not a playable video"));
    };
    video.src = url;
  });
}
