import { PROVIDERS } from '@posthorn/receiver/providers'

const HEAD = ['name', 'vendor', 'signed', 'time', 'answer within', 'besides']

/** The README's table of providers, from the registry. */
export function providerTable(): string {
  const rows = Object.values(PROVIDERS).map((provider) => {
    const { scheme, answers } = provider
    const besides = [
      provider.scheme.signed.includes('url') ? 'needs the URL' : '',
      provider.code?.keyUrls ? 'needs `fetchKey`' : '',
      ...provider.settings.map(({ name }) => `needs \`${name}\``),
      provider.items ? 'batches' : '',
      ...provider.handshakes.map((kind) => `handshake \`${kind}\``),
      provider.withoutId === 'nothing' ? 'never a duplicate' : '',
    ]
    const time = scheme.timestamp ? `${scheme.timestamp.unit}, ${scheme.timestamp.toleranceS} s` : ''
    const within = answers.deadlineMs === undefined ? '' : `${answers.deadlineMs / 1000} s`
    const algorithm =
      scheme.algorithm === 'token'
        ? 'nothing: a static token'
        : `${scheme.algorithm}${provider.code ? ', by code' : ''}`
    return [
      `\`${provider.name}\``,
      provider.title,
      algorithm,
      time,
      within,
      besides.filter((one) => one !== '').join('; '),
    ]
  })
  const widths = HEAD.map((_, column) =>
    Math.max(3, ...[HEAD, ...rows].map((row) => row[column]?.length ?? 0)),
  )
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`
  return [line(HEAD), `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`, ...rows.map(line)].join(
    '\n',
  )
}
