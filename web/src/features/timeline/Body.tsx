import type { MatrixEvent } from "matrix-js-sdk/lib/matrix";
import { AudioBody } from "./kinds/AudioBody";
import { FileBody } from "./kinds/FileBody";
import { ImageBody } from "./kinds/ImageBody";
import { MailBody, mailOf } from "./kinds/MailBody";
import { DeletedBody, LocationBody, LockedBody } from "./kinds/PlainBodies";
import { TextBody } from "./kinds/TextBody";
import { VideoBody } from "./kinds/VideoBody";
import type { FileContent } from "./useMedia";

/** One component per kind of message. */
export function Body({ event, id, sender, first }: { event: MatrixEvent; id: string; sender: string; first: boolean }) {
  if (event.isRedacted()) return <DeletedBody />;
  if (event.isDecryptionFailure() || event.getType() === "m.room.encrypted") return <LockedBody event={event} />;
  const content = event.getContent();
  if (event.getType() === "m.sticker") return <ImageBody content={content as FileContent} id={id} />;
  switch (content.msgtype) {
    case "m.image":
      return <ImageBody content={content as FileContent} id={id} />;
    case "m.video":
      return <VideoBody content={content as FileContent} />;
    case "m.audio":
      return <AudioBody content={content as FileContent} />;
    case "m.file":
      return <FileBody content={content as FileContent} id={id} />;
    case "m.location":
      return <LocationBody content={content} />;
    default: {
      const mail = mailOf(content);
      return mail ? <MailBody content={content} mail={mail} id={id} first={first} /> : <TextBody content={content} sender={sender} />;
    }
  }
}

/** Pictures fill their bubble; everything else has air around it. */
export function isBare(event: MatrixEvent): boolean {
  if (event.isRedacted() || event.isDecryptionFailure()) return false;
  const { msgtype, body, filename } = event.getContent();
  const caption = filename && body && filename !== body;
  return (msgtype === "m.image" || msgtype === "m.video" || event.getType() === "m.sticker") && !caption;
}
