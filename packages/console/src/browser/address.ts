const TENANT = 'tenant'

/**
 * The tenant that a link names, `?tenant=acme`: one from a mail or from a colleague leads to what it is about, whatever the
 * reader has looked at before. It is taken out of the address, where it would be untrue after the next choice.
 */
export function takeLinkedTenant(): string | null {
  const { pathname, search, hash } = location
  const query = new URLSearchParams(search)
  const named = query.get(TENANT)
  if (named === null) return null
  query.delete(TENANT)
  const rest = query.size === 0 ? '' : `?${query}`
  history.replaceState(history.state, '', `${pathname}${rest}${hash}`)
  return named
}
