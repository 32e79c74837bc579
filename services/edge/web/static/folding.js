// Compares names.

/** The words of a text, without case, accents and punctuation. */
export const folded = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase().match(/[\p{L}\p{N}]+/gu)?.join(" ");
