// What can be done with contacts. Everything can be taken back, for as long as the words about it stand there.
import type { Api } from "@/lib/api/client";
import { ApiError } from "@/lib/api/client";
import type { Change, Contact } from "@/lib/api/contacts";
import { t } from "@/lib/i18n";
import { toast } from "@/ui/Toast";

const failed = (error: unknown) => toast((error instanceof ApiError && error.shown) || t("error.notSaved"), { tone: "red" });

async function undoable<T extends Change>(api: Api, change: Promise<T>, words: (done: T) => string, after?: () => void): Promise<boolean> {
  try {
    const done = await change;
    const { change_id } = done;
    const undo = () => void api.undoContacts(change_id).then(after, (error: unknown) => (isOutdated(error) ? toast(t("contacts.changedSince"), { tone: "red" }) : failed(error)));
    toast(words(done), { action: { label: t("action.undo"), run: undo } });
    after?.();
    return true;
  } catch (error) {
    failed(error);
    return false;
  }
}

const isOutdated = (error: unknown) => error instanceof ApiError && (error.errcode === "ORG.UNISONO.CHANGED_SINCE" || error.status === 409);

export const idsOf = (contacts: readonly Contact[]) => [...new Set(contacts.flatMap((contact) => contact.members.map((member) => member.user_id)))];

export function merge(api: Api, contacts: readonly Contact[], name?: string, after?: () => void) {
  return undoable(api, api.mergeContacts(idsOf(contacts), name), ({ contact }) => t("contacts.merged", { name: contact.name }), after);
}

export function rename(api: Api, contact: Contact, name: string, after?: () => void) {
  return undoable(api, api.mergeContacts(idsOf([contact]), name), () => t("contacts.renamed", { name }), after);
}

export function split(api: Api, userIds: string[], name: string, after?: () => void) {
  return undoable(api, api.splitContact(userIds), () => t("contacts.split", { name }), after);
}

export function dismiss(api: Api, contacts: readonly Contact[], after?: () => void) {
  return undoable(api, api.dismissSuggestion(idsOf(contacts)), () => t("contacts.dismissed"), after);
}
