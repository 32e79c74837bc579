// Where the person stands in a store, after they scanned a code there. It is kept by this page only.

let anchor = null;

/** Sets the scanned anchor. */
export function standAt(scanned) {
  anchor = scanned;
}

/** The scanned anchor, if it is in this store. */
export const standing = (store) => (anchor?.name.startsWith(`${store}/anchors/`) ? anchor : null);
