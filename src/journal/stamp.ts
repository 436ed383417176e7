/** Writes moments (ms since the epoch) as ISO 8601. What falls into the same millisecond as the one before is not written anew: records come in batches. */
export function createStamp(): (milliseconds: number) => string {
  let last = Number.NaN
  let text = ''
  return (milliseconds) => {
    const moment = Math.trunc(milliseconds)
    if (moment !== last) text = new Date(moment).toISOString()
    last = moment
    return text
  }
}
