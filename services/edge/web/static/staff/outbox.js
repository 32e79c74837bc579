// What the staff does, on its way to the server. An act waits here with its time and the id that makes
// a retry harmless; it survives a reload, and goes once, in order. No key and no session is kept.

import { randomId } from "../ids.js";
import { send } from "./api.js";
import { Problem } from "../problem.js";

const AGAIN_MS = 2000;
const MOST = 200;

export class Outbox {
  #names;
  #sending = false;
  #timer = 0;

  /**
   * @param store whose acts these are.
   * @param told `done(act, answer)` of an act that the server took; `changed()` of all changes.
   */
  constructor(store, told) {
    this.#names = { waiting: `enrayon.counter.${store}.waiting`, refused: `enrayon.counter.${store}.refused` };
    this.told = told;
    this.isCut = false; // whether the last try found nobody
    this.isSignedOut = false;
    addEventListener("online", () => this.go());
    addEventListener("storage", ({ key }) => Object.values(this.#names).includes(key) && told.changed());
  }

  get waiting() { return kept(this.#names.waiting); }

  get refused() { return kept(this.#names.refused); }

  /** Adds an act: `kind` and `hold` say what it does, `path` and `body` are the request. */
  add(act) {
    const waiting = this.waiting;
    if (waiting.length >= MOST) return;
    keep(this.#names.waiting, [...waiting, { id: randomId(), time: new Date().toISOString(), ...act }]);
    this.told.changed();
    this.go();
  }

  /** Forgets a refused act that the person has seen. */
  dismiss(id) {
    keep(this.#names.refused, this.refused.filter((act) => act.id !== id));
    this.told.changed();
  }

  async go() {
    if (this.#sending) return;
    this.#sending = true;
    clearTimeout(this.#timer);
    try {
      while (await alone(this.#names.waiting, () => this.#sendOne()));
    } finally {
      this.#sending = false;
    }
  }

  // Sends the first act; says whether to go on.
  async #sendOne() {
    const [act] = this.waiting;
    if (!act) return false;
    try {
      const answer = await send(act.path, act.body, act.method);
      this.isCut = this.isSignedOut = false;
      this.#remove(act);
      if (answer.ignoredCount) this.#refuse(act, { reason: "LATE", message: "" });
      else this.told.done(act, answer);
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      this.isCut = problem.passing;
      this.isSignedOut = problem.signedOut;
      if (problem.passing || problem.signedOut) {
        this.#timer = setTimeout(() => this.go(), AGAIN_MS);
        this.told.changed();
        return false;
      }
      this.#remove(act);
      this.#refuse(act, problem);
    }
    this.told.changed();
    return true;
  }

  #remove({ id }) {
    keep(this.#names.waiting, this.waiting.filter((act) => act.id !== id));
  }

  #refuse(act, { reason, message, metadata = {} }) {
    keep(this.#names.refused, [...this.refused, { ...act, reason, message, state: metadata.state || "" }].slice(-MOST));
  }
}

// Two pages of one browser send one at a time; without TLS there are no locks, and ids must do.
const alone = (name, act) => (navigator.locks ? navigator.locks.request(name, act) : act());

const kept = (name) => { try { return JSON.parse(localStorage.getItem(name)) || []; } catch { return []; } };
const keep = (name, acts) => (acts.length ? localStorage.setItem(name, JSON.stringify(acts)) : localStorage.removeItem(name));
