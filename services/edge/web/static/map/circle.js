// The circle of an accuracy.

const EARTH_M = 6_371_009;
const CORNERS = 64;

export const DRAWN_M = 30; // a better accuracy is drawn as a point

/** The corners of a circle around a point, closed; on a sphere, which is exact enough for an accuracy. */
export function ring({ latitude, longitude }, radiusM) {
  const [north, reach] = [(latitude * Math.PI) / 180, radiusM / EARTH_M];
  return Array.from({ length: CORNERS + 1 }, (_, corner) => {
    const bearing = (2 * Math.PI * (corner % CORNERS)) / CORNERS;
    const there = Math.asin(Math.sin(north) * Math.cos(reach) + Math.cos(north) * Math.sin(reach) * Math.cos(bearing));
    const east = Math.atan2(Math.sin(bearing) * Math.sin(reach) * Math.cos(north), Math.cos(reach) - Math.sin(north) * Math.sin(there));
    return { latitude: (there * 180) / Math.PI, longitude: longitude + (east * 180) / Math.PI };
  });
}
