import { hostname } from 'node:os'
import { createReceiver, outboundScheme, type Receiver } from '@posthorn/receiver'
import { Command } from 'commander'
import type { Result } from '../../api/contract/contract.ts'
import type { PosthornClient } from '../../client/client.ts'
import { PosthornApiError } from '../../client/error.ts'
import { SIGNATURE_SCHEMES } from '../../domain/subscription.ts'
import { addConnectionOptions, type ConnectionFlags, connect } from '../connection.ts'
import type { Context } from '../context.ts'
import { CliError, usageError } from '../exit.ts'
import { collect } from '../flags.ts'
import { forward } from '../loopback/forward.ts'
import { printRequest } from '../loopback/print.ts'
import { type LocalAnswer, type LocalRequest, LoopbackServer } from '../loopback/server.ts'
import { aborted } from '../signals.ts'
import { numberOf } from './inspect.ts'

interface ListenFlags extends ConnectionFlags {
  readonly event: readonly string[]
  readonly forward?: string
  readonly port: string
  readonly host: string
  readonly publicUrl?: string
  readonly scheme: string
}

export function listenCommand(context: Context): Command {
  return addConnectionOptions(new Command('listen'))
    .description(
      'Receives events here: makes a subscription to this machine, verifies and prints what comes, and removes it at the end.',
    )
    .option('--event <FILTER>', "type, `user.*` or '*'; repeatable", collect)
    .option('--forward <URL>', 'send each verified request on to this URL, and answer what it answers')
    .option('--port <PORT>', 'port to listen on; 0: any free one', '0')
    .option('--host <HOST>', 'address to listen on', '127.0.0.1')
    .option('--public-url <URL>', 'where the server reaches this machine, when that is not the address')
    .option('--scheme <SCHEME>', `signature scheme: ${SIGNATURE_SCHEMES.join(', ')}`, 'standard')
    .addHelpText(
      'after',
      '\nThe server must allow it: posthorn dev does, serve with --allow-http --allow-network 127.0.0.0/8.\n',
    )
    .action((flags: ListenFlags) => listen(flags, context))
}

async function listen(flags: ListenFlags, context: Context): Promise<void> {
  const { client } = connect(flags, context)
  const scheme = SIGNATURE_SCHEMES.find((one) => one === flags.scheme)
  if (scheme === undefined) throw usageError(`--scheme must be one of ${SIGNATURE_SCHEMES.join(', ')}.`)
  const forwardTo = flags.forward === undefined ? null : (URL.parse(flags.forward) ?? null)
  if (flags.forward !== undefined && forwardTo === null)
    throw usageError(`--forward ${JSON.stringify(flags.forward)} is no URL.`)
  const stop = context.signals.listen()
  const listener = new Listener(context, flags.json === true, forwardTo)
  const server = await LoopbackServer.start((request) => listener.answer(request), {
    host: flags.host,
    port: numberOf('--port', flags.port, 0, 65_535),
  })
  try {
    const url = flags.publicUrl ?? `${server.url}/`
    const made = await create(client, url, flags, scheme)
    try {
      listener.receiver = createReceiver({
        scheme: outboundScheme(scheme),
        secrets: [made.public_key ?? made.signing_secret],
      })
      context.output.note(
        `Listening on ${server.url} for ${made.events.join(', ')} as ${made.id}. Ctrl-C ends it.`,
      )
      await aborted(stop)
    } finally {
      await remove(client, made.id, context)
    }
  } finally {
    await server.close()
  }
}

async function create(
  client: PosthornClient,
  url: string,
  flags: ListenFlags,
  scheme: (typeof SIGNATURE_SCHEMES)[number],
): Promise<Result<'createSubscription'>> {
  const body = {
    name: `posthorn listen on ${hostname()}`,
    ...{ url, events: [...(flags.event ?? ['*'])], signature: { scheme } },
    description: 'Made by `posthorn listen`, which removes it at its end.',
  }
  try {
    return await client.call('createSubscription', { body })
  } catch (error) {
    if (!(error instanceof PosthornApiError) || error.code !== 'url_refused') throw error
    throw new CliError(
      'failed',
      `${error.detail}\nThe server does not call this machine. Use posthorn dev, start the server with --allow-http and --allow-network, or give a --public-url.`,
      { problem: { code: error.code, status: error.status, errors: error.errors }, cause: error },
    )
  }
}

async function remove(client: PosthornClient, id: string, { output }: Context): Promise<void> {
  try {
    await client.call('deleteSubscription', { params: { id } })
    output.note(`The subscription ${id} is removed.`)
  } catch (error) {
    output.note(`The subscription ${id} could not be removed: ${(error as Error).message}`)
  }
}

class Listener {
  readonly #context: Context
  readonly #json: boolean
  readonly #forwardTo: URL | null
  /** Known once the subscription is there; what comes before is asked to come again. */
  receiver: Receiver | null = null

  constructor(context: Context, json: boolean, forwardTo: URL | null) {
    this.#context = context
    this.#json = json
    this.#forwardTo = forwardTo
  }

  async answer(request: LocalRequest): Promise<LocalAnswer> {
    if (this.receiver === null) return { status: 503 }
    const result = await this.receiver.verify({
      headers: request.headers as Array<[string, string]>,
      body: request.body,
    })
    const verified = result.ok ? 'the signature fits' : `${result.reason}: ${result.detail ?? ''}`
    const answer = await this.#answerOf(request, result.ok)
    const forwarded =
      this.#forwardTo === null || !result.ok ? {} : { forwarded: `answered with ${answer.status}` }
    await printRequest(request, this.#context, { json: this.#json, more: { verified, ...forwarded } })
    return answer
  }

  async #answerOf(request: LocalRequest, verified: boolean): Promise<LocalAnswer> {
    if (!verified) return { status: 401 }
    return this.#forwardTo === null ? { status: 200 } : await forward(request, this.#forwardTo)
  }
}
