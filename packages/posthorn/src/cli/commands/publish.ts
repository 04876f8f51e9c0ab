import { Command } from 'commander'
import type { Body } from '../../api/contract/contract.ts'
import { publishJson } from '../../client/client.ts'
import { LIMITS } from '../../domain/limits.ts'
import { addConnectionOptions, type ConnectionFlags, connect } from '../connection.ts'
import type { Context } from '../context.ts'
import { usageError } from '../exit.ts'
import { ahead, given, past } from '../flags.ts'
import { readBytes } from '../input.ts'
import { publishNdjson } from '../ndjson/command.ts'
import { tellPublished } from '../published.ts'
import { utf8TextOf } from '../text/utf8.ts'

export interface PublishFlags extends ConnectionFlags {
  readonly type?: string
  readonly data?: string
  readonly file?: string
  readonly contentType?: string
  readonly eventId?: string
  readonly occurredAt?: string
  readonly deliverAt?: string
  readonly ndjson?: string
  readonly inFlight: string
  readonly newIds?: boolean
}

export function publishCommand(context: Context): Command {
  const command = new Command('publish').description('Publishes an event, or every line of an NDJSON file.')
  return addConnectionOptions(command)
    .option('--type <TYPE>', 'event type, such as user.signed_up')
    .option('--data <JSON>', 'the data, kept byte for byte')
    .option('--file <FILE>', 'the data from a file; - for stdin')
    .option(
      '--content-type <TYPE>',
      'the data is not JSON, or every byte of the file counts: sent with this type',
    )
    .option('--event-id <ID>', 'the idempotency key (default: a new one)')
    .option('--occurred-at <TIME>', 'when it happened (default: now)')
    .option('--deliver-at <TIME>', 'not before: 2026-01-31T12:00:00Z, or 10m from now')
    .option('--ndjson <FILE>', 'publish each line, an event as the API takes it; - for stdin')
    .option('--in-flight <COUNT>', 'with --ndjson: requests at once', '4')
    .option('--new-ids', 'with --ndjson: lines without event_id get a new id with each run')
    .addHelpText(
      'after',
      `
Examples:
  posthorn publish --type user.signed_up --data '{"id":42}'
  posthorn publish --type report.made --file report.pdf --content-type application/pdf
  zcat events.ndjson.gz | posthorn publish --ndjson -

A line of NDJSON: {"event_type":"user.signed_up","data":{"id":42},"event_id":"…"}. A line without event_id gets one
made from its place and its bytes, so that publishing the same file again, after an interruption or by mistake, makes
no second event. Lines that are refused are listed with their numbers; the others are published (exit code 7).
`,
    )
    .action((flags: PublishFlags) => publish(flags, context))
}

async function publish(flags: PublishFlags, context: Context): Promise<void> {
  if (flags.ndjson !== undefined) return await publishNdjson(flags.ndjson, flags, context)
  if (flags.type === undefined) throw usageError('Say which type: --type user.signed_up.')
  const { client } = connect(flags, context)
  const now = context.clock.now()
  const envelope = {
    event_type: flags.type,
    ...given({
      event_id: flags.eventId,
      occurred_at: past('--occurred-at', flags.occurredAt, now),
      deliver_at: ahead('--deliver-at', flags.deliverAt, now),
    }),
  }
  const json = await bodyOf(envelope, flags, context)
  const published = await client.call('publishEvent', { json })
  await tellPublished(published, flags.json, context)
}

async function bodyOf(
  envelope: Pick<Body<'publishEvent'>, 'event_type'>,
  flags: PublishFlags,
  context: Context,
): Promise<string> {
  const bytes = await dataOf(flags, context)
  if (flags.contentType !== undefined) {
    const text = utf8TextOf(bytes)
    const data = text === null ? { data_base64: Buffer.from(bytes).toString('base64') } : { data_text: text }
    return JSON.stringify({ ...envelope, content_type: flags.contentType, ...data })
  }
  const data = Buffer.from(bytes).toString('utf8')
  try {
    JSON.parse(data)
  } catch (error) {
    throw usageError(
      `The data is not JSON: ${(error as Error).message}. For other data say what it is with --content-type.`,
    )
  }
  return publishJson(envelope, data.trim())
}

async function dataOf(flags: PublishFlags, context: Context): Promise<Uint8Array> {
  if (flags.data !== undefined && flags.file !== undefined)
    throw usageError('--data and --file exclude each other.')
  if (flags.data !== undefined) return Buffer.from(flags.data)
  if (flags.file !== undefined) return await readBytes(flags.file, LIMITS.eventDataBytes, context)
  if (context.stdin.isTTY) throw usageError('Give the data: --data JSON, --file FILE, or pipe it in.')
  return await readBytes('-', LIMITS.eventDataBytes, context)
}
