/** An application that books each event in a table of its own: what the crash tests kill, and what comes after it. */
import { createSigner, stripe } from '@posthorn/receiver'
import { createPosthorn, type HandlerFunction, type LibraryOptions } from '../../../src/index.ts'

const SECRET = 'whsec_a_secret_of_a_provider_for_tests'
const QUIET = { info: () => undefined, warn: () => undefined, error: () => undefined }

/** The folder of a test, the thread of the store, and the handler that books. */
export async function openBookings(dataDir: string, run: HandlerFunction, options: LibraryOptions = {}) {
  const posthorn = await createPosthorn({ dataDir, logger: QUIET, drainMs: 100, ...options })
  await posthorn.transaction((tx) =>
    tx.run('create table if not exists bookings (event_id text not null, attempt integer not null)'),
  )
  const inbox = posthorn.source('stripe', { scheme: stripe(), secrets: [SECRET] })
  // Longer than a loaded machine takes to kill the process within it.
  inbox.on('*', run, { transactionTimeoutMs: 10_000 })
  await posthorn.start()
  const send = async (id: string) => {
    const body = Buffer.from(JSON.stringify({ id, type: 'invoice.paid' }))
    const message = { id, type: 'invoice.paid', deliveryId: 'd', timestampMs: Date.now(), body }
    const signed = await createSigner({ scheme: stripe(), secrets: [SECRET] }).sign(message)
    const headers: Array<[string, string]> = [['content-type', 'application/json'], ...signed]
    return (await inbox.receive({ method: 'POST', url: '/', headers, body })).status
  }
  const booked = () => posthorn.transaction((tx) => tx.all('select event_id, attempt from bookings'))
  return { posthorn, send, booked }
}

/** Books within the transaction that marks the event as handled. */
export const book: HandlerFunction = ({ id }, { attempt, transaction }) =>
  transaction((tx) => tx.run('insert into bookings values (?, ?)', [id, attempt]))
