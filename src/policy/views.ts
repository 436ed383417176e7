// One view for each combination of scopes that some client has. A policy takes over the views of the one before it, so that whoever is
// not concerned by a change keeps the same view.

import type { Address } from '../net/address.ts'
import type { ClientEntry } from './client.ts'
import type { Scope } from './scope.ts'
import type { ScopesOf } from './scope-table.ts'
import type { NeverOpen, View } from './view.ts'

export interface Shared {
  readonly neverOpen: NeverOpen
  readonly audit: boolean
}

export type Views = Map<string, View>

/** Gives the view of the client at a source; the same object for the same scopes. `known`: what may be taken over, of a policy with the same `shared`. */
export function createViews(scopesOf: ScopesOf, shared: Shared, known: Iterable<readonly [string, View]>) {
  const views: Views = new Map(known)
  const viewOf = (source: Address | undefined, entry: ClientEntry | undefined): View => {
    const scopes = scopesOf(source, entry)
    const key = scopes.map(({ id }) => id).join(' ')
    const view = views.get(key) ?? createView(scopes, shared)
    views.set(key, view)
    return view
  }
  return { views, viewOf }
}

function createView(scopes: readonly Scope[], { neverOpen, audit }: Shared): View {
  const prefixScopes = scopes.filter(({ prefixRules }) => prefixRules.length > 0)
  return {
    scopes,
    prefixScopes,
    prefixKey: prefixScopes.map(({ id }) => id).join(' '),
    neverOpen,
    audit: audit || scopes.some((scope) => scope.audit),
    hasEnds: scopes.some(({ ends }) => ends.size > 0),
    below: new Map(),
    lastAllow: undefined,
  }
}
