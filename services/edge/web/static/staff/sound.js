// A sound for an arrival. Browsers play none before the person has touched the page.

const NOTES_HZ = [660, 880];
const NOTE_S = 0.18;

let context = null;

/** Allows the sound; to be called while a touch is handled. */
export function allow() {
  context ||= new AudioContext();
  return context.resume();
}

export function play() {
  document.documentElement.dataset.sounds = String(Number(document.documentElement.dataset.sounds || 0) + 1);
  if (context?.state !== "running") return;
  NOTES_HZ.forEach((hz, place) => {
    const [tone, volume] = [context.createOscillator(), context.createGain()];
    const start = context.currentTime + place * NOTE_S;
    tone.frequency.value = hz;
    volume.gain.setValueAtTime(0.3, start);
    volume.gain.exponentialRampToValueAtTime(0.001, start + NOTE_S);
    tone.connect(volume).connect(context.destination);
    tone.start(start);
    tone.stop(start + NOTE_S);
  });
}
