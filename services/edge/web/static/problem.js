// The error of a call of the JSON API. Status 0: there was no answer, or it broke off.

const BUSY = 429; // too many requests, from here or in all

export class Problem extends Error {
  constructor(status, body) {
    super(body?.message || `HTTP ${status}`);
    this.status = status;
    const info = (body?.details || []).find((detail) => detail.reason);
    this.reason = info?.reason || "";
    this.metadata = info?.metadata || {};
    this.suggestions = (this.metadata.suggestions || "").split(" | ").filter(Boolean);
  }

  /** Whether there is no session, or it has ended. */
  get signedOut() {
    return this.status === 401;
  }

  /** Whether the services refuse the page or its key. */
  get refused() {
    return this.status === 401 || this.status === 403;
  }

  /** Whether the services have too much to do. */
  get busy() {
    return this.status === 503 || this.status === BUSY;
  }

  /** Whether a retry may help: nobody answered, or too much is asked now. */
  get passing() {
    return this.status === 0 || this.status === BUSY || this.status >= 500;
  }
}
