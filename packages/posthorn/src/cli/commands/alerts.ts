import { Command, Option } from 'commander'
import type { Body, Row } from '../../api/contract/contract.ts'
import { ALERT_KINDS, type AlertKind } from '../../domain/alert.ts'
import { addConnectionOptions, type ConnectionFlags, connect } from '../connection.ts'
import type { Context } from '../context.ts'
import { usageError } from '../exit.ts'
import { collect, collectWhole, given, wholeNumberOf } from '../flags.ts'
import { addListOptions, type ListFlags, list } from '../listing.ts'
import { show } from '../show.ts'
import type { Column } from '../text/table.ts'
import { shortInstant } from '../text/time.ts'

type Alert = Row<'listAlerts'>
type Rule = Row<'listAlertRules'>

interface RuleFlags extends ConnectionFlags {
  readonly kind: AlertKind
  readonly above?: string
  readonly window?: string
  readonly minAttempts?: string
  readonly subscription?: string
  readonly source?: string
  readonly hold?: string
  readonly clear?: string
  readonly remind?: string
  readonly email?: readonly string[]
  readonly slackUrl?: readonly string[]
}

export function alertsCommand(context: Context): Command {
  const command = new Command('alerts').description(
    'What is wrong, and who is told. With an admin key of everybody, with --tenant only what is of the tenant.',
  )
  addListOptions(addConnectionOptions(command.command('list')))
    .description('Alerts, newest first.')
    .addOption(new Option('--state <STATE>').choices(['open', 'closed']))
    .action((flags: ConnectionFlags & ListFlags & { state?: 'open' | 'closed' }) => {
      const { client } = connect(flags, context)
      const filter = given({ state: flags.state })
      return list(
        (page) => client.call('listAlerts', { query: { ...filter, ...page } }),
        ALERTS,
        flags,
        context,
      )
    })
  addListOptions(addConnectionOptions(command.command('rules')))
    .description('Rules, newest first.')
    .action((flags: ConnectionFlags & ListFlags) => {
      const { client } = connect(flags, context)
      return list((page) => client.call('listAlertRules', { query: page }), RULES, flags, context)
    })
  addRuleOptions(addConnectionOptions(command.command('create')))
    .description('Makes a rule. With an admin key and without --tenant over all tenants.')
    .argument('<NAME>', 'how it is called where it is told')
    .action((name: string, flags: RuleFlags) => create(name, flags, context))
  addConnectionOptions(command.command('show'))
    .description('One rule.')
    .argument('<RULE-ID>')
    .action(async (id: string, flags: ConnectionFlags) => {
      const rule = await connect(flags, context).client.call('getAlertRule', { params: { id } })
      await showRule(rule, flags, context)
    })
  for (const [name, active] of [
    ['enable', true],
    ['disable', false],
  ] as const)
    addConnectionOptions(command.command(name))
      .description(active ? 'Looks by a rule again.' : 'Looks by a rule no more; what is open by it ends.')
      .argument('<RULE-ID>')
      .action(async (id: string, flags: ConnectionFlags) => {
        const body = { active }
        const rule = await connect(flags, context).client.call('updateAlertRule', { params: { id }, body })
        await showRule(rule, flags, context)
      })
  addConnectionOptions(command.command('delete'))
    .description('Deletes a rule; what is open by it ends without a word.')
    .argument('<RULE-ID>')
    .action(async (id: string, flags: ConnectionFlags) => {
      await connect(flags, context).client.call('deleteAlertRule', { params: { id } })
      if (flags.json) await context.output.json({ id, deleted: true })
      else await context.output.line(`${id} is deleted.`)
    })
  return command
}

function addRuleOptions(command: Command): Command {
  return command
    .addOption(new Option('--kind <KIND>', 'what it looks at').choices(ALERT_KINDS).makeOptionMandatory())
    .option('--above <NUMBER>', 'per cent, dead letters, seconds, requests')
    .option('--window <SECONDS>', 'failure_rate, refused_signatures: within so long; 300 when left out')
    .option('--min-attempts <COUNT>', 'failure_rate: fewer say nothing; 10 when left out')
    .option('--subscription <ID>', 'only this one')
    .option('--source <ID>', 'source_silent, refused_signatures: which')
    .option('--hold <SECONDS>', 'it must hold for so long before anybody is told')
    .option('--clear <SECONDS>', 'it must be over for so long before it counts as over')
    .option('--remind <SECONDS>', 'while it lasts it is told again after so long')
    .option('--email <ADDRESS>', 'who is told; may be given several times', collect)
    .option('--slack-url <URL>', 'an incoming webhook of Slack; may be given several times', collectWhole)
}

async function create(name: string, flags: RuleFlags, context: Context): Promise<void> {
  const above = flags.above === undefined ? undefined : Number(flags.above)
  if (above !== undefined && !Number.isFinite(above))
    throw usageError(`--above ${JSON.stringify(flags.above)} must be a number.`)
  const body: Body<'createAlertRule'> = {
    name,
    when: {
      kind: flags.kind,
      ...given({
        above,
        window_s: wholeNumberOf('--window', flags.window),
        min_attempts: wholeNumberOf('--min-attempts', flags.minAttempts),
        subscription_id: flags.subscription,
        source_id: flags.source,
      }),
    },
    ...given({
      hold_s: wholeNumberOf('--hold', flags.hold),
      clear_s: wholeNumberOf('--clear', flags.clear),
      remind_s: wholeNumberOf('--remind', flags.remind),
    }),
    emails: [...(flags.email ?? [])],
    slack_urls: [...(flags.slackUrl ?? [])],
  }
  const rule = await connect(flags, context).client.call('createAlertRule', { body })
  await showRule(rule, flags, context)
}

async function showRule(rule: Rule, flags: ConnectionFlags, context: Context): Promise<void> {
  const { when } = rule
  const only = when.subscription_id ?? when.source_id
  await show(context, flags.json, rule, [
    ['id', rule.id],
    ['name', rule.name],
    ['tenant', rule.tenant_id ?? 'all'],
    ['when', whenOf(rule)],
    ...(only === null ? [] : [['only', only] as const]),
    ['told', toldOf(rule)],
    ['active', rule.active ? 'yes' : 'no'],
  ])
}

function whenOf({ when }: Rule): string {
  return when.above === null ? when.kind : `${when.kind} > ${when.above}`
}

function toldOf({ emails, slack_hosts }: Rule): string {
  return [...emails, ...slack_hosts].join(', ') || 'subscriptions to posthorn.alert.* only'
}

const ALERTS: ReadonlyArray<Column<Alert>> = [
  { title: 'since', value: ({ since }) => shortInstant(since) },
  { title: 'until', value: ({ closed_at }) => shortInstant(closed_at) },
  { title: 'state', value: ({ state }) => state },
  { title: 'name', value: ({ name }) => name, least: 10 },
  { title: 'of', value: ({ subject }) => subject?.name ?? '', least: 10 },
  { title: 'cause', value: ({ cause }) => cause, least: 20 },
]

const RULES: ReadonlyArray<Column<Rule>> = [
  { title: 'id', value: ({ id }) => id },
  { title: 'name', value: ({ name }) => name, least: 10 },
  { title: 'tenant', value: ({ tenant_id }) => tenant_id ?? 'all', least: 12 },
  { title: 'when', value: whenOf },
  { title: 'told', value: toldOf, least: 12 },
  { title: 'active', value: ({ active }) => (active ? 'yes' : 'no') },
]
