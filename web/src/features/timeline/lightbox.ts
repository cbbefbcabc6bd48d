// Opens a picture or a PDF of the conversation in front of everything.
export type Viewed = { kind: "image" | "pdf"; id: string };

const open = (detail: Viewed) => window.dispatchEvent(new CustomEvent("unisono:view", { detail }));

export const openLightbox = (id: string) => open({ kind: "image", id });
export const openPdf = (id: string) => open({ kind: "pdf", id });
