import { parseAddress } from './address.ts'

/** What clients may be called, in settings and in calls; addresses beside. */
export const CLIENT_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/

export const CLIENT_NAME_RULE = 'letters, digits, ".", "_" and "-" that begins with a letter or digit, 64 at most, and no address'

/** Not an address: clients without a name are called by theirs. */
export function isClientName(text: string): boolean {
  return CLIENT_NAME.test(text) && parseAddress(text) === undefined
}

/** What the gateway is called where it asks by itself, and a namespace that is the one client. */
export const HOST = 'host'

export const HOST_IS_TAKEN = `${JSON.stringify(HOST)} is what the gateway itself is called: choose another name`
