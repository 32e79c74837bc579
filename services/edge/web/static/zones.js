// Local times of a time zone. A clock that is set forward skips an hour: a time in it means the next.

/** The instant of a local time, `2026-11-27T23:30`, in a zone; without one in the browser's. */
export function instantIn(local, timeZone) {
  const asUtc = Date.parse(`${local}Z`);
  let instant = asUtc;
  // Once for the offset, and once more where the offset changes in between.
  for (let round = 0; round < 2; round += 1) instant = asUtc - offsetMs(instant, timeZone);
  return new Date(instant).toISOString();
}

/** The local time of an instant to the minute, for `instantIn`. */
export function localMinute(date, timeZone) {
  return new Date(date.getTime() + offsetMs(date, timeZone)).toISOString().slice(0, 16);
}

// What the clocks of a zone are ahead of UTC.
function offsetMs(instant, timeZone) {
  const style = { timeZone, hourCycle: "h23", year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric", second: "numeric" };
  const parts = new Intl.DateTimeFormat("en", style).formatToParts(instant);
  const [year, month, day, hour, minute, second] = ["year", "month", "day", "hour", "minute", "second"]
    .map((name) => Number(parts.find(({ type }) => type === name).value));
  return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(Number(instant) / 1000) * 1000;
}
