// Calendar entries (RFC 5545).

const LONGEST = 74; // octets of a line are at most 75; of letters of two octets fewer fit

/** The text of a file with one entry. */
export function calendarEntry({ id, title, start, end, place, url }) {
  const lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//enrayon//locator//EN", "BEGIN:VEVENT", `UID:${id.replaceAll("/", "-")}@enrayon`, `DTSTAMP:${utc(new Date())}`,
    `DTSTART:${utc(start)}`, `DTEND:${utc(end)}`, `SUMMARY:${escaped(title)}`, `LOCATION:${escaped(place)}`, `URL:${url}`, "END:VEVENT", "END:VCALENDAR"];
  return lines.flatMap(folded).join("\r\n") + "\r\n";
}

const utc = (instant) => new Date(instant).toISOString().replace(/[-:]|\.\d+/g, "");

const escaped = (text) => text.replace(/[\\;,]/g, "\\$&").replace(/\n/g, "\\n");

function folded(line) {
  const parts = line.match(new RegExp(`[^]{1,${Math.floor(LONGEST / 2)}}`, "gu")) || [];
  return parts.map((part, index) => (index ? ` ${part}` : part));
}
