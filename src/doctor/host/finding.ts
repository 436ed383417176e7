/** What one look at the host has shown. */
export interface HostFinding {
  /** What was looked at: "redirect", "port 53". */
  readonly topic: string
  /** good: as it should be. doubtful: works, with a price or a risk. bad: the chosen set-up does not work, or does not hold. */
  readonly state: 'good' | 'doubtful' | 'bad'
  readonly says: string
  /** The command or the change that mends it. */
  readonly mend?: string
}

export function good(topic: string, says: string): HostFinding {
  return { topic, state: 'good', says }
}

export function doubtful(topic: string, says: string, mend: string): HostFinding {
  return { topic, state: 'doubtful', says, mend }
}

export function bad(topic: string, says: string, mend: string): HostFinding {
  return { topic, state: 'bad', says, mend }
}
