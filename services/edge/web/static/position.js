// The person's position, if they allow it.

const TIMEOUT_MS = 10_000;
const RECENT_MS = 60_000;
const ROUNDED_M = 1000; // about, of two decimals of a degree

const EXACT_M = 100; // 80 s on foot

/** The position of a person who has allowed it before; null without asking, or if it is not exact. */
export async function allowedPosition(options) {
  const { state } = await Promise.resolve(navigator.permissions?.query({ name: "geolocation" })).catch(() => ({})) || {};
  if (state !== "granted") return null;
  const { accuracyM, ...point } = await position(options).catch(() => ({}));
  return accuracyM <= EXACT_M ? point : null;
}

/**
 * The position and its accuracy in metres.
 *
 * @param approximate rounds to two decimals of a degree, about a kilometre, in the browser.
 * @throws the reason why there is no position: `denied` or `noPosition`.
 */
export function position({ approximate }) {
  const options = { enableHighAccuracy: !approximate, timeout: TIMEOUT_MS, maximumAge: RECENT_MS };
  return new Promise((take, refuse) => {
    if (!navigator.geolocation) return refuse("noPosition");
    navigator.geolocation.getCurrentPosition(({ coords: { latitude, longitude, accuracy } }) => {
      const round = (degrees) => (approximate ? Math.round(degrees * 100) / 100 : degrees);
      take({ latitude: round(latitude), longitude: round(longitude), accuracyM: approximate ? Math.max(ROUNDED_M, accuracy) : accuracy });
    }, ({ code }) => refuse(code === 1 ? "denied" : "noPosition"), options);
  });
}
