import type { ServerOption } from '../../packages/posthorn/src/cli/config/option.ts'
import { SERVER_OPTIONS } from '../../packages/posthorn/src/cli/config/options.ts'
import { code, pageHead, table } from './markdown.ts'

export function configPage(): string {
  const options: ServerOption<unknown>[] = Object.values(SERVER_OPTIONS)
  return `${pageHead('Configuration', '`packages/posthorn/src/cli/config/options.ts`')}
Each option of \`posthorn serve\`, \`dev\` and \`migrate\` is a flag and a variable; the flag wins. An empty variable counts as
not set.

${table(['flag', 'variable', 'default', 'what'], options.map(row))}
`
}

function row(option: ServerOption<unknown>): string[] {
  const flag = option.value === null ? option.flag : `${option.flag} ${option.value}`
  return [
    code(flag),
    code(option.variable),
    option.initialText,
    [option.description, ...notes(option)].join(' '),
  ]
}

function notes({ value, range, repeatable, secret }: ServerOption<unknown>): string[] {
  const found = value === null ? [] : [`Takes ${range}.`]
  if (repeatable) found.push('May be given several times; the variable holds them separated by commas.')
  if (secret) found.push('A secret: better given as a variable.')
  return found
}
