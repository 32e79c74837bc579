// Barcodes, as a scanner types them.

/** Whether a text has the form of a GTIN-8, 12, 13 or 14. */
export const isBarcode = (text) => /^(\d{8}|\d{12,14})$/.test(text);
