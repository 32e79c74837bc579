// Tells late answers from current ones: of overlapping requests only the last may be shown.

/**
 * A counter of requests. Each call begins a turn and returns a check: true until the next begins.
 *
 *     const current = begin();
 *     const answer = await request();
 *     if (current()) show(answer);
 */
export function turns() {
  let last = 0;
  return () => {
    const mine = ++last;
    return () => mine === last;
  };
}
