import { gzipSync } from 'node:zlib'

/** Bytes in the order in which they are written, each as its own write; an async iterable sets the pace. */
export type Pieces = Iterable<string | Uint8Array> | AsyncIterable<string | Uint8Array>

export interface HttpAnswer {
  /** Default 200. */
  readonly status?: number
  readonly headers?: Readonly<Record<string, string | string[]>>
  readonly body?: string | Uint8Array | AsyncIterable<string | Uint8Array>
  /** Nothing is written before it resolves. */
  readonly after?: Promise<unknown>
}

/** What no HTTP library would send. */
export interface RawAnswer {
  readonly raw: Pieces
  /** What becomes of the connection; by default it stays open. */
  readonly close?: 'end' | 'reset'
}

export type Answer = HttpAnswer | RawAnswer

export function isRawAnswer(answer: Answer): answer is RawAnswer {
  return 'raw' in answer
}

const MIB = 1024 * 1024
const NEVER = new Promise<never>(() => {})

/** The ways in which targets misbehave, each ready for `target.answerNext`. */
export const answers = {
  /** Takes the request and says nothing. */
  hang: (): Answer => ({ after: NEVER }),
  /** Status and headers, then nothing. */
  hangInBody: (): Answer => ({ raw: ['HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n12345'] }),
  /** A byte of body each time `tick` resolves, without end. */
  drip: (tick: () => Promise<unknown>): Answer => ({ raw: dripping(tick) }),
  /** A body without end, as fast as it is read. */
  endless: (): Answer => ({ body: endlessly('x'.repeat(16 * 1024)) }),
  /** A chunk extension without end: bytes that never become body. */
  endlessChunkExtension: (): Answer => ({
    raw: startingWith('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5;', 'e'.repeat(16 * 1024)),
  }),
  /** 16 MiB of zeros in 16 KiB. */
  gzipBomb: (): Answer => ({
    headers: { 'content-encoding': 'gzip' },
    body: gzipSync(Buffer.alloc(16 * MIB)),
  }),
  doubleGzip: (): Answer => ({
    headers: { 'content-encoding': 'gzip, gzip' },
    body: gzipSync(gzipSync(Buffer.alloc(16 * MIB))),
  }),
  redirect: (location: string, status = 302): Answer => ({ status, headers: { location } }),
  garbage: (): Answer => ({ raw: ['\x16\x03\x01 this is no HTTP\r\n\r\n'], close: 'end' }),
  /** So many bytes of headers; those of undici and Node end at 16 KiB. */
  headerFlood: (bytes = 64 * 1024): Answer => ({
    raw: ['HTTP/1.1 200 OK\r\n', ...Array(Math.ceil(bytes / 1024)).fill(`x-fill: ${'f'.repeat(1014)}\r\n`)],
  }),
  /** Interim answers without end. */
  interimFlood: (): Answer => ({
    raw: startingWith('', 'HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n'.repeat(100)),
  }),
  closeBeforeAnswer: (): Answer => ({ raw: [], close: 'end' }),
  resetBeforeAnswer: (): Answer => ({ raw: [], close: 'reset' }),
  closeInHeaders: (): Answer => ({ raw: ['HTTP/1.1 200 OK\r\ncontent-le'], close: 'end' }),
  closeInBody: (): Answer => ({ raw: ['HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n12345'], close: 'end' }),
  resetInBody: (): Answer => ({
    raw: ['HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n12345'],
    close: 'reset',
  }),
  nulByte: (): Answer => ({ body: Uint8Array.of(0x61, 0, 0x62) }),
  /** A whole answer, and, in the same write or once `gate` resolves, another one that nobody asked for. */
  surplus: (gate?: Promise<unknown>): Answer => ({
    raw: gate === undefined ? [ANSWER_200 + ANSWER_200] : gated(gate, ANSWER_200),
  }),
} as const

const ANSWER_200 = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok'

async function* dripping(tick: () => Promise<unknown>): AsyncGenerator<string> {
  yield 'HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n'
  for (;;) {
    await tick()
    yield 'x'
  }
}

async function* endlessly(piece: string): AsyncGenerator<string> {
  for (;;) yield piece
}

async function* startingWith(first: string, piece: string): AsyncGenerator<string> {
  yield first
  for (;;) yield piece
}

async function* gated(gate: Promise<unknown>, piece: string): AsyncGenerator<string> {
  yield piece
  await gate
  yield piece
}
