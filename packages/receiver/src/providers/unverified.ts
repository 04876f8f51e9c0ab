import type { FieldSource, SignatureScheme } from '../schemes/scheme.ts'
import { parseJson } from '../verify/body.ts'
import { collectHeaders } from '../verify/headers.ts'
import type { VerifyRequest } from '../verify/result.ts'
import { fieldHeaders, fieldValue } from './fields.ts'
import { formPayload } from './form-payload.ts'
import type { Provider } from './provider.ts'
import type { ProviderEvent } from './result.ts'

/**
 * What a request of the provider says, without looking at its signature: for one that somebody vouches for in another
 * way, such as an operator who takes it in by hand. Never for a request that has just come in.
 */
export function unverifiedEvent(provider: Provider, request: VerifyRequest): ProviderEvent {
  const { scheme, code } = provider
  const id = [...withAliases(scheme, scheme.id), ...provider.id]
  const type = [...withAliases(scheme, scheme.type), ...provider.type]
  const wanted = new Set([...fieldHeaders([...id, ...type]), 'content-type'])
  const headers = collectHeaders(request.headers, wanted) ?? new Map<string, readonly string[]>()
  const contentType = headers.get('content-type')?.[0]
  const { body } = request
  // Where the signature stands in the body, the type of the body cannot matter: SNS sends JSON as text.
  const json = parseJson(body, code?.headers.length === 0 ? undefined : contentType)
  const payload = json ?? formPayload(provider, { body, contentType })
  return {
    ok: true,
    id: fieldValue(id, headers, { payload }),
    type: fieldValue(type, headers, { payload }),
    timestamp: undefined,
    secretIndex: 0,
    contentType,
    body,
    payload,
  }
}

/** Headers under their other spelling too. */
function withAliases(
  { headerAlias }: SignatureScheme,
  sources: readonly FieldSource[],
): readonly FieldSource[] {
  if (!headerAlias) return sources
  const [prefix, alias] = headerAlias
  return sources.flatMap((source) =>
    'header' in source && source.header.startsWith(prefix)
      ? [source, { header: alias + source.header.slice(prefix.length) }]
      : [source],
  )
}
