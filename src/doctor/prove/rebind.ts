// What many attacks have in common: an allowed name whose owner has it lead to where no allowed name may.
import { encodeAddress, familyOf, parseAddress } from '../../net/address.ts'
import type { Attack, Tools } from './attack.ts'
import { embeddingsOf } from './plan.ts'

/** Ways to write an IPv4 address in an IPv6 address, in the order of `embeddingsOf`. */
const FORMS = ['mapped', 'compatible', 'nat64', 'local nat64', '6to4', 'teredo'] as const
export type Form = (typeof FORMS)[number]

/** Asks an allowed name that leads to the address, then connects there. */
export function rebindTo(address: string, port = 443): Attack['run'] {
  return (tools) => rebind(tools, address, port)
}

export async function rebind({ ask, name, tcp }: Tools, address: string, port = 443): Promise<void> {
  await ask(name('open', leadingTo(address)), address.includes(':') ? 'AAAA' : 'A')
  await tcp(address, port)
}

export function embedded(ipv4: string, form: Form): string {
  return embeddingsOf(ipv4)[FORMS.indexOf(form)]!
}

/** The trick that answers with that address (answers.ts). */
export function leadingTo(text: string): string {
  const address = parseAddress(text)!
  return `${familyOf(address) === 4 ? 'a' : 'aaaa'}-${Buffer.from(encodeAddress(address)).toString('hex')}`
}
