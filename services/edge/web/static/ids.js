// Random ids. `crypto.randomUUID` is missing where a page is not secure, as over http in a shop's network.

/** A random id of 128 bits. */
export function randomId() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
