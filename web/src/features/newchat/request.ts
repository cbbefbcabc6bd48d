// Asks for the dialog that starts a chat, filled in with whom to write to.
export const startChatWith = (handle: string) => window.dispatchEvent(new CustomEvent("unisono:newchat", { detail: handle }));
