import { API_BASE, TENANT_HEADER } from '../../api/contract/operations.ts'
import { curlText, shellWord } from '../text/curl.ts'

export interface FarewellParts {
  readonly url: string
  readonly key: string
  readonly tenant: string
  /** A signed request to the demo source; null: there is none. */
  readonly inbound: string | null
}

/** Where everything is, and lines to copy. */
export function farewell({ url, key, tenant, inbound }: FarewellParts): string[] {
  const auth = [['authorization', `Bearer ${key}`] as const, [TENANT_HEADER, tenant] as const]
  const data = JSON.stringify({ event_type: 'user.signed_up', data: { id: 42, plan: 'free' } })
  const json = ['content-type', 'application/json'] as const
  return [
    '',
    `Console    ${url}/?tenant=${tenant}`,
    `API        ${url}${API_BASE}`,
    `API docs   ${url}/docs`,
    `Admin key  ${key}`,
    '',
    '# Publish an event of your own',
    curlText({ url: `${url}${API_BASE}/events`, headers: [...auth, json], data }),
    '',
    ...(inbound === null ? [] : ['# Send a webhook as GitHub signs it, to the source `github`', inbound, '']),
    '# Look at the deliveries',
    curlText({ url: `${url}${API_BASE}/deliveries?limit=5`, headers: auth, data: null }),
    '',
    '# Or with the command line',
    `export POSTHORN_URL=${shellWord(url)} POSTHORN_KEY=${shellWord(key)} POSTHORN_TENANT=${tenant}`,
    'npx posthorn trigger issues.opened && npx posthorn deliveries list',
  ]
}
