import { COMMANDS } from '../../packages/posthorn/src/cli/commands.ts'
import { DEFAULT_URL } from '../../packages/posthorn/src/cli/connection.ts'
import { EXIT } from '../../packages/posthorn/src/cli/exit.ts'
import { code, pageHead, table } from './markdown.ts'

export function cliPage(): string {
  const commands = COMMANDS.map(({ name, summary }) => [code(`posthorn ${name}`), summary])
  const exits = Object.values(EXIT).map((exit) => [code(String(exit.code)), exit.meaning])
  return `${pageHead('Command line', '`packages/posthorn/src/cli`')}
\`posthorn COMMAND --help\` tells the options of a command; those of the server are in [configuration](config.md).
\`--json\` writes for machines. Commands that talk to a server find it by these variables, or by the flags:

${table(['flag', 'variable', 'what'], CONNECTION)}

${table(['command', 'what it does'], commands)}

## Exit codes

Scripts may rely on them.

${table(['code', 'meaning'], exits)}
`
}

/** The flags of `addConnectionOptions` and of `sign` and `verify`; the docs test finds a variable that is missing. */
const CONNECTION = [
  ['`--url URL`', '`POSTHORN_URL`', `where the server is; default ${code(DEFAULT_URL)}`],
  ['`--key KEY`', '`POSTHORN_KEY`', 'API key; better given as a variable'],
  ['`--tenant ID`', '`POSTHORN_TENANT`', 'with an admin key: the tenant to work on, id or slug'],
  [
    '`--secret SECRET`',
    '`POSTHORN_SIGNING_SECRET`',
    'of `sign` and `verify`; better given as a variable, or with `--secret-file`, `--secret-env`',
  ],
]
