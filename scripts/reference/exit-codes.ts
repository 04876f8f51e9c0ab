import { EXIT } from '../../packages/posthorn/src/cli/exit.ts'
import { code, pageHead, table } from './markdown.ts'

export function exitCodesPage(): string {
  const rows = Object.values(EXIT).map((exit) => [code(String(exit.code)), exit.meaning])
  return `${pageHead('Exit codes of the command line', '`packages/posthorn/src/cli/exit.ts`')}
Scripts may rely on them.

${table(['code', 'meaning'], rows)}
`
}
