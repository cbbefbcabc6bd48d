import type { MatrixEvent } from "matrix-js-sdk/lib/matrix";
import { cardOf, choiceOf, readingOf } from "./kinds/card";
import { CardBody, ChoiceBody } from "./kinds/CardBody";
import { ContactBody, isContact } from "./kinds/ContactBody";
import { FileBody } from "./kinds/FileBody";
import { ImageBody } from "./kinds/ImageBody";
import { LocationBody } from "./kinds/LocationBody";
import { MailBody, mailOf } from "./kinds/MailBody";
import { DeletedBody, LockedBody } from "./kinds/PlainBodies";
import { ReadingBody } from "./kinds/ReadingBody";
import { TextBody } from "./kinds/TextBody";
import { VideoBody } from "./kinds/VideoBody";
import { VoiceBody } from "./kinds/VoiceBody";
import type { MessageItem } from "./model";
import type { FileContent } from "./useMedia";

/** One component per kind of message. */
export function Body({ item }: { item: MessageItem }) {
  const { event, id, first, senderName: sender } = item;
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
      return <VoiceBody content={content as FileContent} voice={"org.matrix.msc3245.voice" in content} />;
    case "m.file":
      if (isContact(content)) return <ContactBody content={content as FileContent} id={id} />;
      return <FileBody content={content as FileContent} id={id} />;
    case "m.location":
      return <LocationBody content={content} />;
    default:
      return <WordsBody item={item} content={content} first={first} sender={sender} />;
  }
}

/** A text, and what some networks make of one. */
function WordsBody({ item, content, first, sender }: { item: MessageItem; content: Record<string, unknown>; first: boolean; sender: string }) {
  const mail = mailOf(content);
  if (mail) return <MailBody content={content} mail={mail} id={item.id} first={first} />;
  const card = cardOf(content);
  if (card) return <CardBody card={card} room={item.room} id={item.id} own={item.own} />;
  const reading = readingOf(content);
  if (reading) return <ReadingBody reading={reading} />;
  const choice = choiceOf(content);
  return choice ? <ChoiceBody label={choice.label} /> : <TextBody content={content} sender={sender} />;
}

/** Pictures fill their bubble; everything else has air around it. */
export function isBare(event: MatrixEvent): boolean {
  if (event.isRedacted() || event.isDecryptionFailure()) return false;
  const { msgtype, body, filename } = event.getContent();
  const caption = filename && body && filename !== body;
  return (msgtype === "m.image" || msgtype === "m.video" || event.getType() === "m.sticker") && !caption;
}
