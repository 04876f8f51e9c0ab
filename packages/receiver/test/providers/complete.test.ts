/** That every preset says all that a receiver must know of its provider, and where the vendor says nothing. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { customScheme } from '@posthorn/receiver'
import { PROVIDERS, type Provider, type ProviderName } from '@posthorn/receiver/providers'

const ALL: readonly Provider[] = Object.values(PROVIDERS)
const namesOf = (which: (provider: Provider) => boolean): string[] =>
  ALL.filter(which)
    .map(({ name }) => name)
    .sort()
const DAY_S = 86_400

test('each has its vendor’s page, a hint about its secret, and a scheme that the checks take as it is', () => {
  for (const provider of ALL) {
    const { name, docs, title, secretHint, scheme, settings } = provider
    assert.ok(Object.isFrozen(provider) && Object.isFrozen(scheme), name)
    // The page itself, not the vendor's front door; some vendors of Standard Webhooks have only the specification.
    assert.ok(
      docs.some((page) => /^https:\/\/[^/]+\/.+/.test(page)),
      name,
    )
    assert.match(title, /^\w/)
    const keyless = provider.code?.keyUrls !== undefined
    assert.equal(/^None: .+ that (is|are) fetched\.$/.test(secretHint), keyless, `${name}: ${secretHint}`)
    for (const setting of settings) assert.match(setting.hint, /\w{2,} \w/, name)
    // The presets are not checked when they are made: this is where it is done.
    const { publicKeys, ...described } = customScheme(scheme)
    const { publicKeys: own, ...given } = scheme
    assert.deepEqual(described, given, name)
    assert.equal(publicKeys, own, `${name} brings public keys if and only if its algorithm has them`)
    assert.match(scheme.header, /^[A-Za-z0-9-]+$/)
  }
})

test('answers: 2xx for an event and a duplicate alike, a 4xx for what is not verified, a deadline one can meet', () => {
  for (const { name, answers, retrySpanS } of ALL) {
    const { success, refusal, deadlineMs, finalStatuses } = answers
    assert.ok(success.status >= 200 && success.status <= 204, name)
    assert.equal(refusal.status, 401, name)
    for (const answer of [success, refusal])
      assert.ok(answer.status !== 204 || answer.body === undefined, `${name}: 204 has no body`)
    if (deadlineMs !== undefined) assert.ok(deadlineMs >= 1000 && deadlineMs <= 30_000, name)
    for (const status of finalStatuses) assert.ok(status >= 400 && status < 600, name)
    // Ids are remembered for 30 days unless a source says otherwise: longer than anybody tries.
    if (retrySpanS !== undefined) assert.ok(retrySpanS > 0 && retrySpanS <= 30 * DAY_S, name)
  }
})

/** What the vendors' pages do not say, or what their requests do not have: a new preset must be one or the other. */
const UNKNOWN: Readonly<Record<string, readonly ProviderName[]>> = {
  deadline: [
    ...(['anthropic', 'brex', 'glean', 'loops', 'openai', 'render', 'replicate', 'resend', 'xai'] as const),
    ...([
      'auth0',
      'aws-sns',
      'cloudevents',
      'docusign',
      'lemon-squeezy',
      'mailgun',
      'meta',
      'ms-graph',
    ] as const),
    ...(['paypal', 'sendgrid', 'square', 'stripe', 'telegram', 'whatsapp', 'workos'] as const),
  ],
  'time stamp': [
    ...(['adyen', 'adyen-platform', 'auth0', 'aws-sns', 'bitbucket', 'cloudevents', 'docusign'] as const),
    ...([
      'dropbox',
      'github',
      'gitlab-token',
      'hubspot-v1',
      'hubspot-v2',
      'intercom',
      'lemon-squeezy',
    ] as const),
    ...([
      'meta',
      'ms-graph',
      'okta',
      'paypal',
      'shopify',
      'square',
      'telegram',
      'twilio',
      'typeform',
    ] as const),
    ...(['whatsapp', 'xero'] as const),
  ],
  id: ['adyen-platform', 'discord-events', 'dropbox', 'lemon-squeezy', 'meta', 'ms-graph', 'xero', 'zoom'],
  type: ['discord', 'twilio'],
}
const LACKS: Readonly<Record<string, (provider: Provider) => boolean>> = {
  deadline: ({ answers }) => answers.deadlineMs === undefined,
  'time stamp': ({ scheme }) => scheme.timestamp === undefined,
  id: ({ id, scheme, items }) => [...id, ...scheme.id, ...(items?.id ?? [])].length === 0,
  type: ({ type, scheme, items }) => [...type, ...scheme.type, ...(items?.type ?? [])].length === 0,
}

for (const [what, names] of Object.entries(UNKNOWN))
  test(`only those whose vendor has no ${what} to say lack it`, () => {
    assert.deepEqual(namesOf(LACKS[what] ?? assert.fail(what)), [...names].sort())
  })

test('time stamps: a unit and a tolerance that reaches neither nowhere nor beyond a day', () => {
  for (const { name, scheme } of ALL) {
    if (!scheme.timestamp) continue
    const { unit, toleranceS } = scheme.timestamp
    assert.ok(['s', 'ms'].includes(unit), name)
    assert.ok(toleranceS >= 5 && toleranceS <= DAY_S, `${name}: ${toleranceS}`)
  }
  assert.deepEqual(
    namesOf(({ scheme }) => scheme.timestamp?.unit === 'ms'),
    ['hubspot', 'linear', 'workos'],
  )
})

test('keys are fetched from exact hosts and paths only, and nothing needs the URL that is not told so', () => {
  const fetched = ALL.filter(({ code }) => code?.keyUrls)
  assert.deepEqual(fetched.map(({ name }) => name).sort(), ['aws-sns', 'fal', 'paypal'])
  for (const { name, code } of fetched)
    for (const rule of [code?.keyUrls?.host, code?.keyUrls?.path])
      assert.match(String(rule), /^\/\^.+\$\/$/, `${name}: anchored at both ends`)
  assert.deepEqual(
    namesOf(({ scheme }) => scheme.signed.includes('url')),
    ['hubspot', 'hubspot-v2', 'square', 'twilio'],
  )
})
