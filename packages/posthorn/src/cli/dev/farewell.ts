import { API_BASE, TENANT_HEADER } from '../../api/contract/operations.ts'
import { curlText, shellWord } from '../text/curl.ts'

/** Where everything is, and lines to copy. */
export function farewell({ url, key, tenant }: { url: string; key: string; tenant: string }): string[] {
  const auth = [['authorization', `Bearer ${key}`] as const, [TENANT_HEADER, tenant] as const]
  const data = JSON.stringify({ event_type: 'user.signed_up', data: { id: 42, plan: 'free' } })
  const json = ['content-type', 'application/json'] as const
  return [
    '',
    `API        ${url}${API_BASE}`,
    `API docs   ${url}/docs`,
    `Admin key  ${key}`,
    '',
    '# Publish an event of your own',
    curlText({ url: `${url}${API_BASE}/events`, headers: [...auth, json], data }),
    '',
    '# Look at the deliveries',
    curlText({ url: `${url}${API_BASE}/deliveries?limit=5`, headers: auth, data: null }),
    '',
    '# Or with the command line',
    `export POSTHORN_URL=${shellWord(url)} POSTHORN_KEY=${shellWord(key)} POSTHORN_TENANT=${tenant}`,
    'npx posthorn trigger issues.opened && npx posthorn deliveries list',
  ]
}
