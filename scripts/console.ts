/**
 * Makes the console: `packages/console` becomes a folder of plain files that the server hands out.
 *
 *   node scripts/console.ts [--out FOLDER]     builds, by default into packages/console/dist
 *   node scripts/console.ts --dev [--api URL]  serves the sources while they are edited; the API is asked for at URL,
 *                                              http://127.0.0.1:3400 by default
 */

import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'
import react from '@vitejs/plugin-react'
import { build, createServer, type InlineConfig } from 'vite'
import { firstLoad } from './first-load.ts'

const FOLDER = fileURLToPath(new URL('../packages/console/', import.meta.url))

const { values } = parseArgs({
  options: {
    out: { type: 'string', default: join(FOLDER, 'dist') },
    dev: { type: 'boolean', default: false },
    api: { type: 'string', default: 'http://127.0.0.1:3400' },
  },
})

const config: InlineConfig = {
  configFile: false,
  root: FOLDER,
  logLevel: values.dev ? 'info' : 'warn',
  plugins: [react()],
  build: {
    outDir: values.out,
    emptyOutDir: true,
    target: 'es2023',
    // They know light-dark(), so each colour of the tokens is written once.
    cssTarget: ['chrome123', 'firefox120', 'safari17.5'],
    // The page may load nothing but files of this server: no data: URLs in place of them, no script in the page.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  server: { proxy: { '/api': values.api, '/in': values.api } },
}

if (values.dev) {
  const server = await createServer(config)
  await server.listen()
  server.printUrls()
} else {
  await build(config)
  compress(join(values.out, 'assets'))
  const kilobytes = (firstLoad(values.out).bytes / 1000).toFixed(0)
  console.log(`built the console, ${kilobytes} kB of JavaScript gzipped for its first page`)
}

/** Beside each file, so that the server has nothing to press while somebody waits. */
function compress(assets: string): void {
  for (const name of readdirSync(assets)) {
    const bytes = readFileSync(join(assets, name))
    writeFileSync(join(assets, `${name}.gz`), gzipSync(bytes))
    const params = { [constants.BROTLI_PARAM_QUALITY]: 9 }
    writeFileSync(join(assets, `${name}.br`), brotliCompressSync(bytes, { params }))
  }
}
