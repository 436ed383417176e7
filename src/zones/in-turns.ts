/** So many at a time. More would not be faster, and their answers would come in one heap. */
const AT_ONCE = 16

/** `act` on each, a few at a time; the results in the order of the things. Whatever else waits in this process gets its turn in between. */
export async function inTurns<T, R>(things: readonly T[], act: (thing: T) => Promise<R>): Promise<readonly R[]> {
  const results = new Array<R>(things.length)
  let next = 0
  const worker = async (): Promise<void> => {
    while (next < things.length) {
      const index = next++
      results[index] = await act(things[index]!)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker))
  return results
}
