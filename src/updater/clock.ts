// Two clocks. `until=` in a zone file is a date: wall clock. A lease is a span, counted by the kernel on a clock that no
// administrator and no NTP step moves: counted here on one that does not move either.

/** The zone files' clock: ms since epoch. */
export const wallClock = (): number => Date.now()

/** The leases' clock: ms since epoch as of our start; never steps. */
export const leaseClock = (): number => performance.timeOrigin + performance.now()
