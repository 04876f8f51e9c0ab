/** Whether it is a URL that leads to a Redis. A client would take anything else for the name of a host or of a socket. */
export function isRedisUrl(text: string): boolean {
  if (!URL.canParse(text)) return false
  const { protocol, hostname, pathname, username, password } = new URL(text)
  try {
    for (const part of [username, password]) decodeURIComponent(part)
  } catch {
    return false
  }
  return /^rediss?:$/.test(protocol) && hostname !== '' && /^\/?\d*$/.test(pathname)
}
