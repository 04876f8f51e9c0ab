/**
 * Whether it is a URL that leads to a PostgreSQL. Asked before `pg` sees it, which tells of a URL that it cannot read
 * with the URL itself, password and all.
 */
export function isPostgresUrl(text: string): boolean {
  if (!URL.canParse(text)) return false
  const { protocol, username, password, pathname, hostname, searchParams } = new URL(text)
  try {
    for (const part of [username, password, pathname]) decodeURIComponent(part)
  } catch {
    return false
  }
  return /^postgres(?:ql)?:$/.test(protocol) && (hostname !== '' || searchParams.has('host'))
}

/** For people: which database, without user and password. */
export function withoutLogin(databaseUrl: string): string {
  const { protocol, host, pathname } = new URL(databaseUrl)
  return `${protocol}//${host}${pathname}`
}
