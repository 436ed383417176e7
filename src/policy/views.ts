// One view for each combination of scopes that some client has.

import type { Address } from '../net/address.ts'
import type { Prefix } from '../net/prefix.ts'
import type { ClientEntry } from './client.ts'
import type { NameIndex } from './name-index.ts'
import type { PrefixIndex } from './prefix-index.ts'
import { type Scope, selects } from './scope.ts'
import { neverOpenRanges, type View } from './view.ts'

export interface Shared {
  readonly names: NameIndex
  readonly prefixes: PrefixIndex
  readonly neverOpen: readonly Prefix[]
  readonly audit: boolean
}

/** Gives the view of the client at a source; the same object for the same scopes. */
export function createViews(scopes: readonly Scope[], shared: Shared): (source: Address, entry: ClientEntry | undefined) => View {
  const views = new Map<string, View>()
  const neverOpen = neverOpenRanges(shared.neverOpen)
  return (source, entry) => {
    const applies = Uint8Array.from(scopes, (scope) => (selects(scope, source, entry) ? 1 : 0))
    const key = applies.join('')
    const known = views.get(key)
    if (known !== undefined) return known
    const audit = shared.audit || scopes.some((scope, number) => scope.audit && applies[number] === 1)
    const view = { ...shared, neverOpen, applies, following: followingScopes(applies), audit, below: new Map() }
    views.set(key, view)
    return view
  }
}

function followingScopes(applies: Uint8Array): Int32Array {
  const following = new Int32Array(applies.length)
  for (let scope = applies.length - 1, next = applies.length; scope >= 0; scope--) {
    if (applies[scope] === 1) next = scope
    following[scope] = next
  }
  return following
}
