// Reads a QR code with the camera: by the browser's own BarcodeDetector where it has one, else by
// jsQR. The pictures stay in the browser.

import { el } from "../html.js";
import { say } from "../words.js";
import { press } from "./draw.js";

const LOOK_MS = 120;
const SIDE = 640; // pixels of the longer side that are looked at
const DECODER = new URL("../packages/jsqr.js", import.meta.url).href;

/** Shows the camera until it has read a QR code or is closed; the text, or "" without one. */
export async function scan() {
  const video = el("video", { playsinline: true, muted: true, "aria-label": say("cameraView") });
  const message = el("p", { role: "status" }, say("cameraHelp"));
  let text = "";
  let going = true;
  const dialog = el("dialog", { class: "ask camera", "aria-label": say("camera"), onclose: () => { going = false; } },
    video, message, press(say("close"), () => dialog.close(), { drawing: "close", autofocus: true }));
  document.body.append(dialog);
  dialog.showModal();
  let stream;
  try {
    stream = await opened();
    video.srcObject = stream;
    await video.play();
    const decode = await decoder();
    while (going && !text) {
      text = await decode(video);
      if (!text) await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
  } catch (problem) {
    message.textContent = typeof problem === "string" ? problem : say("noCamera");
    message.className = "failure";
    await new Promise((resolve) => { if (going) dialog.addEventListener("close", resolve); else resolve(); });
  } finally {
    stream?.getTracks().forEach((track) => track.stop());
    dialog.close();
    dialog.remove();
  }
  return text;
}

function opened() {
  if (!isSecureContext || !navigator.mediaDevices) throw say("cameraNeedsTls");
  return navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" }, audio: false });
}

// A function that reads the text of a QR code in a video; "" where there is none.
async function decoder() {
  const formats = await globalThis.BarcodeDetector?.getSupportedFormats().catch(() => []);
  if (formats?.includes("qr_code")) {
    const detector = new BarcodeDetector({ formats: ["qr_code"] });
    return async (video) => (await detector.detect(video))[0]?.rawValue || "";
  }
  await loaded(DECODER);
  const canvas = document.createElement("canvas");
  const context = canvas.getContext("2d", { willReadFrequently: true });
  return (video) => {
    if (!video.videoWidth) return "";
    const scale = Math.min(1, SIDE / Math.max(video.videoWidth, video.videoHeight));
    [canvas.width, canvas.height] = [video.videoWidth * scale, video.videoHeight * scale].map(Math.round);
    context.drawImage(video, 0, 0, canvas.width, canvas.height);
    const { data, width, height } = context.getImageData(0, 0, canvas.width, canvas.height);
    return globalThis.jsQR(data, width, height)?.data || "";
  };
}

const loaded = (src) => globalThis.jsQR || new Promise((resolve, reject) => {
  document.head.append(el("script", { src, onload: resolve, onerror: () => reject(say("failed")) }));
});
