/**
 * An application that takes webhooks of Stripe and GitHub. The environment needs STRIPE_WEBHOOK_SECRET and
 * GITHUB_WEBHOOK_SECRET; DATA_DIR and PORT have defaults.
 */
import type { AddressInfo } from 'node:net'
import type { EmitterWebhookEvent, EmitterWebhookEventName } from '@octokit/webhooks'
import { expressAdapter } from '@posthorn/receiver/express'
import express from 'express'
import { createPosthorn } from 'posthorn'
import type Stripe from 'stripe'

// The vendors' own types, by event type: handlers below know what they are given.
type StripeEvents = { [Event in Stripe.Event as Event['type']]: Event }
type GitHubEvents = { [Name in EmitterWebhookEventName]: EmitterWebhookEvent<Name>['payload'] }

const {
  STRIPE_WEBHOOK_SECRET = '',
  GITHUB_WEBHOOK_SECRET = '',
  DATA_DIR = '.posthorn',
  PORT = '3000',
} = process.env

const posthorn = await createPosthorn({ dataDir: DATA_DIR })
await posthorn.transaction((tx) =>
  tx.run('create table if not exists payments (invoice text primary key, customer text, cents integer)'),
)

const stripe = posthorn.source<StripeEvents>('stripe', {
  provider: 'stripe',
  secrets: [STRIPE_WEBHOOK_SECRET],
})
const github = posthorn.source<GitHubEvents>('github', {
  provider: 'github',
  secrets: [GITHUB_WEBHOOK_SECRET],
})

// The row and the mark "delivered" are one commit: this happens once, whatever crashes when.
stripe.on('invoice.paid', async ({ data }, { transaction }) => {
  const invoice = data.data.object
  await transaction((tx) =>
    tx.run('insert into payments values (?, ?, ?)', [
      invoice.id,
      String(invoice.customer),
      invoice.amount_paid,
    ]),
  )
  console.log(`${invoice.id}: ${invoice.amount_paid / 100} ${invoice.currency} paid`)
})

// Without a transaction it happens at least once: what throws is tried again, here within seconds.
stripe.on(
  'customer.subscription.*',
  ({ type, data }, { attempt }) => {
    if (attempt === 1) throw new Error('the mail server is away')
    console.log(`${data.data.object.id}: mail about ${type}, attempt ${attempt}`)
  },
  { retry: [0.1, 5, 60], timeoutMs: 10_000 },
)

github.on(
  'issues.opened',
  ({ data: { issue, repository } }, { drop }) => {
    if (issue.user?.type === 'Bot') drop('bots open issues all day')
    console.log(`${repository.full_name}#${issue.number}: ${issue.title}`)
  },
  { concurrency: 4 },
)

const app = express()
app.use('/webhooks/stripe', expressAdapter(stripe)) // before any body parser: signatures are over the raw bytes
app.use('/webhooks/github', expressAdapter(github))
app.use(express.json())

await posthorn.start()
const server = app.listen(Number(PORT), '127.0.0.1', () =>
  console.log(`listening on http://127.0.0.1:${(server.address() as AddressInfo).port}`),
)

process.once('SIGTERM', () => server.close(() => posthorn.stop()))
