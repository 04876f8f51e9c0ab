import type { Command } from 'commander'
import type { Body, Result } from '../../api/contract/contract.ts'
import { VERDICTS, type Verdict } from '../../domain/inbound-request.ts'
import { LIMITS } from '../../domain/limits.ts'
import { addConnectionOptions, type ConnectionFlags, connect } from '../connection.ts'
import type { Context } from '../context.ts'
import { CliError, usageError } from '../exit.ts'
import { collect, collectWhole, given } from '../flags.ts'
import { readBytes } from '../input.ts'
import { addListOptions, type ListFlags, list } from '../listing.ts'
import { indented, show } from '../show.ts'
import { utf8TextOf } from '../text/utf8.ts'
import { diagnosisLines } from '../verify/diagnoses.ts'
import { parseHeaders } from '../verify/headers.ts'
import { requestColumns, requestFields } from './show.ts'

type Flags = ConnectionFlags

/** `posthorn sources requests …`: what came in, as it came. */
export function addRequestCommands(sources: Command, context: Context): void {
  const command = sources.command('requests').description('What came in over HTTP, as it came.')
  addListOptions(addConnectionOptions(command.command('list')))
    .description('Requests to a source, newest first; refused ones too.')
    .argument('<SOURCE>', 'id or slug')
    .option('--verdict <VERDICT>', VERDICTS.join(', '))
    .action((id: string, flags: ListRequestsFlags) => listRequests(id, flags, context))
  addConnectionOptions(command.command('show'))
    .description('One request with its headers and its body.')
    .argument('<SOURCE>')
    .argument('<REQUEST-ID>')
    .option('--body', 'print nothing but the body, when it is text')
    .action((...[id, requestId, flags]: [string, string, Flags & { body?: boolean }]) =>
      showRequest({ id, request_id: requestId }, flags, context),
    )
  addConnectionOptions(command.command('verify'))
    .description('Verifies a request again as of its receipt, and says what is wrong with it.')
    .argument('<SOURCE>')
    .argument('<REQUEST-ID>')
    .action((...[id, requestId, flags]: [string, string, Flags]) =>
      verifyAgain({ id, request_id: requestId }, flags, context),
    )
  addConnectionOptions(command.command('replay'))
    .description('Takes a request in again, as it came or edited.')
    .argument('<SOURCE>')
    .argument('<REQUEST-ID>')
    .option('--body-file <FILE>', 'another body, byte for byte; - for stdin')
    .option('--header <LINE>', 'another header, `name: value`, repeatable', collectWhole)
    .option('--drop-header <NAME>', 'without this header; repeatable, or with commas', collect)
    .option('--unverified', 'although its signature does not fit, by your word')
    .action((...[id, requestId, flags]: [string, string, ReplayFlags]) =>
      replay({ id, request_id: requestId }, flags, context),
    )
}

interface ListRequestsFlags extends Flags, ListFlags {
  readonly verdict?: string
}

async function listRequests(id: string, flags: ListRequestsFlags, context: Context): Promise<void> {
  const { client } = connect(flags, context)
  const filter = given({ verdict: verdictOf(flags.verdict) })
  const columns = requestColumns(context.output)
  const page = (query: object) =>
    client.call('listRequests', { params: { id }, query: { ...filter, ...query } })
  await list(page, columns, flags, context)
}

function verdictOf(text: string | undefined): Verdict | undefined {
  const verdict = VERDICTS.find((one) => one === text)
  if (text !== undefined && verdict === undefined)
    throw usageError(`--verdict ${JSON.stringify(text)} must be one of ${VERDICTS.join(', ')}.`)
  return verdict
}

interface Params {
  readonly id: string
  readonly request_id: string
}

async function showRequest(
  params: Params,
  flags: Flags & { readonly body?: boolean },
  context: Context,
): Promise<void> {
  const request = await connect(flags, context).client.call('getRequest', { params })
  if (flags.body) return await context.output.line(bodyText(request))
  await show(context, flags.json, request, requestFields(request))
  if (!flags.json && request.body_bytes) await context.output.line(indented(bodyText(request)))
}

function bodyText({ body_text, body_base64 }: Result<'getRequest'>): string {
  return body_text ?? body_base64 ?? ''
}

async function verifyAgain(params: Params, flags: Flags, context: Context): Promise<void> {
  const { output } = context
  const { client } = connect(flags, context)
  const { ok, reason, detail, diagnoses } = await client.call('verifyRequest', { params })
  if (flags.json) await output.json({ ok, reason, detail, diagnoses })
  if (!ok) {
    const found = detail === null ? '' : `\n  Found: ${detail}`
    throw new CliError('refused', [`Refused: ${reason}.${found}`, ...diagnosisLines(diagnoses)].join('\n'), {
      problem: { code: reason ?? 'refused' },
    })
  }
  if (!flags.json) await output.line(output.paint('green', 'The signature fits.'))
}

interface ReplayFlags extends Flags {
  readonly bodyFile?: string
  readonly header?: readonly string[]
  readonly dropHeader?: readonly string[]
  readonly unverified?: boolean
}

async function replay(params: Params, flags: ReplayFlags, context: Context): Promise<void> {
  const dropped = (flags.dropHeader ?? []).map((name) => [name, null] as const)
  const changed = parseHeaders((flags.header ?? []).join('\n'))
  const headers = Object.fromEntries([...dropped, ...changed])
  const body: Body<'replayRequest'> = {
    ...(flags.bodyFile === undefined ? {} : await editedBody(flags.bodyFile, context)),
    ...(Object.keys(headers).length === 0 ? {} : { headers }),
    ...(flags.unverified ? { unverified: true } : {}),
  }
  const made = await connect(flags, context).client.call('replayRequest', { params, body })
  await show(context, flags.json, made, [
    ['request', made.request_id],
    ['events', made.event_ids.join(', ') || 'none'],
    ['deliveries', String(made.deliveries)],
  ])
}

async function editedBody(path: string, context: Context): Promise<Body<'replayRequest'>> {
  const bytes = await readBytes(path, LIMITS.inboundBodyBytesMax, context)
  const text = utf8TextOf(bytes)
  return text === null ? { body_base64: Buffer.from(bytes).toString('base64') } : { body_text: text }
}
