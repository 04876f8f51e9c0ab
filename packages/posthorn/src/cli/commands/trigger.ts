import { Command } from 'commander'
import { publishJson } from '../../client/client.ts'
import { addConnectionOptions, type ConnectionFlags, connect } from '../connection.ts'
import type { Context } from '../context.ts'
import { SAMPLE_NAMES, SAMPLES, sampleText } from '../dev/samples.ts'
import { usageError } from '../exit.ts'
import { given } from '../flags.ts'
import { tellPublished } from '../published.ts'

interface TriggerFlags extends ConnectionFlags {
  readonly type?: string
  readonly eventId?: string
}

export function triggerCommand(context: Context): Command {
  const samples = Object.entries(SAMPLES).map(([name, about]) => `  ${name.padEnd(20)} ${about}`)
  return addConnectionOptions(new Command('trigger'))
    .description('Publishes a recorded sample event, to try a subscription with.')
    .argument('<SAMPLE>', 'name of the sample')
    .option('--type <TYPE>', "another event type than the sample's name")
    .option('--event-id <ID>', 'the idempotency key (default: a new one)')
    .addHelpText('after', `\nSamples:\n${samples.join('\n')}\n`)
    .action((name: string, flags: TriggerFlags) => trigger(name, flags, context))
}

async function trigger(name: string, flags: TriggerFlags, context: Context): Promise<void> {
  const sample = SAMPLE_NAMES.find((one) => one === name)
  if (sample === undefined)
    throw usageError(`There is no sample ${JSON.stringify(name)}. There are: ${SAMPLE_NAMES.join(', ')}.`)
  const { client } = connect(flags, context)
  const envelope = { event_type: flags.type ?? sample, ...given({ event_id: flags.eventId }) }
  const published = await client.call('publishEvent', { json: publishJson(envelope, sampleText(sample)) })
  await tellPublished(published, flags.json, context)
}
