// Attacks that want the same to happen to the guard: once all of them are ready it happens, once, to all.
import type { NamedAttack } from './corpus.ts'

export interface Rounds {
  /** The attack is ready. Ends when what it waits for has happened. */
  disturbed(number: number): Promise<void>
  /** Runs the attacks side by side, and `act` when each of them is ready or has ended. */
  play(attacks: readonly NamedAttack[], attack: (one: NamedAttack) => Promise<void>, act: () => Promise<void>): Promise<void>
}

export function createRounds(): Rounds {
  const ready = new Map<number, () => void>()
  let happened = Promise.withResolvers<void>()

  async function play(
    attacks: readonly NamedAttack[],
    attack: (one: NamedAttack) => Promise<void>,
    act: () => Promise<void>,
  ): Promise<void> {
    happened = Promise.withResolvers<void>()
    const all = attacks.map(({ number }) => new Promise<void>((resolve) => ready.set(number, resolve)))
    const attempts = attacks.map((one) => attack(one).finally(() => ready.get(one.number)!()))
    await Promise.all(all)
    await act()
    happened.resolve()
    await Promise.all(attempts)
  }

  return {
    disturbed: (number) => {
      ready.get(number)!()
      return happened.promise
    },
    play,
  }
}
