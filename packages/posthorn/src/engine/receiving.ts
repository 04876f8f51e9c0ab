import { Sources, type SourcesParts } from './directory/sources.ts'
import { notFound } from './not-found.ts'
import { Inboxes, type InboxesParts } from './receive/inboxes.ts'
import { Requests } from './receive/requests.ts'

type Parts = InboxesParts & Omit<SourcesParts, 'open'>

/** The ways in: sources, what they take, and the requests that came. */
export function receiving(parts: Parts): { inboxes: Inboxes; sources: Sources; requests: Requests } {
  const inboxes = new Inboxes(parts)
  const sources = new Sources({ ...parts, open: (settings) => inboxes.make(settings) })
  const requests = new Requests({
    ...{ requests: parts.requests, shared: inboxes.shared },
    settingsOf: async (tenantId, source) => {
      const stored = await sources.settingsOf(tenantId, source)
      const settings = stored ?? inboxes.declared(tenantId, source)
      if (settings === null) throw notFound('source', source)
      return settings
    },
  })
  return { inboxes, sources, requests }
}
