/**
 * The URL as the sender called it, for providers that sign it: the configured public URL, with the query of the request
 * unless the configured one has a query itself. What a proxy has made of host, port and path cannot matter then.
 *
 * @param requestUrl whole, or the path and the query as Node gives it
 */
export function publicUrlOf(publicUrl: string, requestUrl: string): string {
  const at = requestUrl.indexOf('?')
  return publicUrl.includes('?') || at < 0 ? publicUrl : publicUrl + requestUrl.slice(at)
}
