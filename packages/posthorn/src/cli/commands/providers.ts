import { findProvider, PROVIDERS, type Provider } from '@posthorn/receiver/providers'
import { Command } from 'commander'
import { toProvider } from '../../api/wire/provider.ts'
import type { Context } from '../context.ts'
import { usageError } from '../exit.ts'
import { show } from '../show.ts'
import { type Column, Table } from '../text/table.ts'
import { spanText } from '../text/time.ts'

interface Flags {
  readonly json?: boolean
}

export function providersCommand(context: Context): Command {
  const command = new Command('providers').description(
    'The presets for --provider of sources and verify. Needs no server.',
  )
  command
    .command('list', { isDefault: true })
    .description('All of them by name.')
    .option('--json', 'a JSON document a line')
    .action((flags: Flags) => list(flags, context))
  command
    .command('show')
    .description('One: where its secret is, what else it needs, what it expects.')
    .argument('<NAME>')
    .option('--json', 'as JSON')
    .action((name: string, flags: Flags) => showOne(name, flags, context))
  return command
}

const COLUMNS: ReadonlyArray<Column<Provider>> = [
  { title: 'name', value: ({ name }) => name },
  { title: 'title', value: ({ title }) => title, least: 12 },
  { title: 'signs with', value: ({ scheme }) => scheme.algorithm },
  { title: 'secret', value: ({ secretHint }) => secretHint, least: 20 },
]

async function list(flags: Flags, { output }: Context): Promise<void> {
  const all = Object.values<Provider>(PROVIDERS)
  if (flags.json) for (const provider of all) await output.json(toProvider(provider), true)
  else {
    const table = new Table(COLUMNS, { width: output.width, heading: (text) => output.paint('dim', text) })
    await output.lines(table.lines(all))
  }
}

async function showOne(name: string, flags: Flags, context: Context): Promise<void> {
  const provider = findProvider(name)
  if (provider === undefined)
    throw usageError(
      `There is no provider ${JSON.stringify(name)}. posthorn providers lists those there are.`,
    )
  const shown = toProvider(provider)
  const settings = shown.settings.map(
    ({ name, required, hint }) => [`  ${name}`, `${required ? '' : '(optional) '}${hint}`] as const,
  )
  await show(context, flags.json, shown, [
    ['name', shown.name],
    ['title', shown.title],
    ['secret', shown.secret_hint],
    ...(settings.length === 0 ? [] : [['settings', ''] as const, ...settings]),
    ['public url', shown.signs_url ? 'is signed: --public-url is needed' : 'is not signed'],
    ['time stamp', shown.tolerance_s === null ? 'sends none' : `may be ${shown.tolerance_s} s off`],
    ['questions', shown.handshakes.join(', ') || 'asks none'],
    ['batches', shown.batches ? 'one request may bring several events' : 'no'],
    [
      'answer within',
      shown.answer_deadline_ms === null ? 'not published' : spanText(shown.answer_deadline_ms),
    ],
    [
      'tries again',
      shown.retry_span_s === null ? 'not published' : `for ${spanText(shown.retry_span_s * 1000)}`,
    ],
    ...shown.docs.map((page) => ['see', page] as const),
  ])
}
