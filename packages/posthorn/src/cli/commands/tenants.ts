import { Command } from 'commander'
import type { Row } from '../../api/contract/contract.ts'
import { addConnectionOptions, type ConnectionFlags, connect } from '../connection.ts'
import type { Context } from '../context.ts'
import { given } from '../flags.ts'
import { addListOptions, type ListFlags, list } from '../listing.ts'
import { show } from '../show.ts'
import type { Column } from '../text/table.ts'
import { shortInstant } from '../text/time.ts'

type Tenant = Row<'listTenants'>
type Flags = ConnectionFlags & { readonly name?: string }

export function tenantsCommand(context: Context): Command {
  const command = new Command('tenants').description('Those whose events are kept apart. Needs an admin key.')
  addListOptions(addConnectionOptions(command.command('list')))
    .description('Tenants, newest first.')
    .action((flags: Flags & ListFlags) => {
      const { client } = connect(flags, context)
      return list((page) => client.call('listTenants', { query: page }), COLUMNS, flags, context)
    })
  addConnectionOptions(command.command('show'))
    .description('One tenant.')
    .argument('<ID>', 'id or slug')
    .action(async (id: string, flags: Flags) => {
      await tell(await connect(flags, context).client.call('getTenant', { params: { id } }), flags, context)
    })
  addConnectionOptions(command.command('create'))
    .description('Creates a tenant.')
    .argument('<SLUG>', 'small letters, digits and hyphens; never changed')
    .option('--name <NAME>', 'what people call it')
    .action(async (slug: string, flags: Flags) => {
      const body = { slug, ...given({ name: flags.name }) }
      await tell(await connect(flags, context).client.call('createTenant', { body }), flags, context)
    })
  addConnectionOptions(command.command('update'))
    .description('Renames a tenant.')
    .argument('<ID>', 'id or slug')
    .requiredOption('--name <NAME>', 'what people call it')
    .action(async (id: string, flags: Flags & { name: string }) => {
      const { client } = connect(flags, context)
      await tell(
        await client.call('updateTenant', { params: { id }, body: { name: flags.name } }),
        flags,
        context,
      )
    })
  addConnectionOptions(command.command('delete'))
    .description('Deletes a tenant that has no subscriptions.')
    .argument('<ID>', 'id or slug')
    .action(async (id: string, flags: Flags) => {
      await connect(flags, context).client.call('deleteTenant', { params: { id } })
      if (flags.json) await context.output.json({ id, deleted: true })
      else await context.output.line(`${id} is deleted.`)
    })
  return command
}

const COLUMNS: ReadonlyArray<Column<Tenant>> = [
  { title: 'id', value: ({ id }) => id },
  { title: 'slug', value: ({ slug }) => slug },
  { title: 'name', value: ({ name }) => name, least: 10 },
  { title: 'created', value: ({ created_at }) => shortInstant(created_at) },
]

async function tell(tenant: Tenant, flags: Flags, context: Context): Promise<void> {
  await show(context, flags.json, tenant, [
    ['id', tenant.id],
    ['slug', tenant.slug],
    ['name', tenant.name],
    ['created', tenant.created_at],
  ])
}
