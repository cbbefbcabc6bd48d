// Opens the mail as it was sent.
export const openOriginal = (id: string) => window.dispatchEvent(new CustomEvent("unisono:original", { detail: id }));
