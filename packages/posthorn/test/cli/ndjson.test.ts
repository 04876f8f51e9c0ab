import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { test } from 'node:test'
import fc from 'fast-check'
import { CliError } from '../../src/cli/exit.ts'
import { eventLine, idFromLine } from '../../src/cli/ndjson/event-line.ts'
import { readLines } from '../../src/cli/ndjson/lines.ts'
import { publishFile } from '../../src/cli/ndjson/publish-file.ts'
import { type NumberedEvent, type Refused, Sender, type Sent } from '../../src/cli/ndjson/sender.ts'
import { createClient } from '../../src/client/client.ts'
import { FakeClock } from '../../src/testing/fake-clock.ts'

async function linesOf(chunks: readonly Uint8Array[], limit = 1000) {
  const lines: Array<string | null> = []
  let end = 0
  for await (const line of readLines(Readable.from(chunks), limit)) {
    lines.push(line.bytes === null ? null : line.bytes.toString('utf8'))
    assert.equal(line.number, lines.length)
    assert.ok(line.end >= end)
    end = line.end
  }
  return { lines, end }
}

test('lines come out whole, however the stream is cut', async () => {
  const line = fc.string({ unit: 'grapheme', maxLength: 20 }).filter((text) => !/[\n\r\ufeff]/.test(text))
  await fc.assert(
    fc.asyncProperty(fc.array(line), fc.array(fc.integer({ min: 1, max: 9 })), async (lines, sizes) => {
      const bytes = Buffer.from(lines.map((one) => `${one}\n`).join(''))
      const chunks: Buffer[] = []
      for (let at = 0, index = 0; at < bytes.length; index += 1) {
        const size = sizes[index % Math.max(1, sizes.length)] ?? 4
        chunks.push(bytes.subarray(at, at + size))
        at += size
      }
      assert.deepEqual(await linesOf(chunks), { lines, end: bytes.length })
    }),
  )
})

test('Windows line ends, a byte order mark, a last line without an end', async () => {
  assert.deepEqual((await linesOf([Buffer.from('\ufeffa\r\nb\n\nc')])).lines, ['a', 'b', '', 'c'])
})

test('a line over the limit is let go, and the next one is whole again', async () => {
  const chunks = ['abc\n', 'x'.repeat(6), 'x'.repeat(6), 'x\nde', 'f\n'].map((text) => Buffer.from(text))
  assert.deepEqual((await linesOf(chunks, 10)).lines, ['abc', null, 'def'])
})

const bytes = (text: string) => Buffer.from(text)

test('a line without an id gets one from its place and bytes; the rest stays byte for byte', () => {
  const text = ' { "event_type":"a.b", "data":{"price":1.0} }'
  const one = eventLine(1, bytes(text), idFromLine)
  assert.ok(one !== null && 'json' in one)
  const { event_id } = JSON.parse(one.json.toString()) as { event_id: string }
  assert.match(event_id, /^line_[\w-]{32}$/)
  assert.equal(one.json.toString(), text.replace('{', `{"event_id":"${event_id}",`))
  assert.deepEqual(eventLine(1, bytes(text), idFromLine), one)
  assert.notDeepEqual(eventLine(2, bytes(text), idFromLine), one)
  const own = bytes('{"event_id":"x","event_type":"a.b","data":1}')
  assert.deepEqual(eventLine(1, own, idFromLine), { json: own })
})

test('what is no event is told; what is empty is skipped', () => {
  assert.equal(eventLine(1, bytes('  '), idFromLine), null)
  for (const text of ['{', '[]', '"x"', 'null', '{}', '{"event_id":"a"}']) {
    const line = eventLine(1, bytes(text), idFromLine)
    assert.ok(line !== null && 'flaw' in line, text)
  }
})

/** A server by a list of answers; what it was sent is kept. */
function fakeServer(answers: ReadonlyArray<(events: unknown[]) => Response | Error>) {
  const sent: unknown[][] = []
  const fetch = async (_url: unknown, init?: RequestInit) => {
    const { events } = JSON.parse(Buffer.from(init?.body as Uint8Array).toString()) as { events: unknown[] }
    sent.push(events)
    const answer = (answers[sent.length - 1] ?? accept)(events)
    if (answer instanceof Error) throw answer
    return answer
  }
  const client = createClient({ baseUrl: 'http://server', fetch: fetch as typeof globalThis.fetch })
  return { client, sent }
}

const accept = (events: unknown[]) =>
  Response.json(
    { results: events.map(() => ({ event_id: 'e', deliveries: 1, duplicate: false })) },
    { status: 202 },
  )

function problem(status: number, code: string, headers: Record<string, string> = {}) {
  const body = JSON.stringify({ code, status, detail: `it is ${code}`, errors: [] })
  return () =>
    new Response(body, { status, headers: { 'content-type': 'application/problem+json', ...headers } })
}

const event = (line: number, data = 'null'): NumberedEvent => ({
  line,
  json: bytes(`{"event_type":"a","data":${data}}`),
})

function sender(server: ReturnType<typeof fakeServer>, clock = new FakeClock()) {
  const waits: number[] = []
  let advancing = Promise.resolve()
  const stop = new AbortController()
  const onWait = (_why: string, ms: number) => {
    waits.push(ms)
    advancing = advancing.then(() => clock.advance(ms))
  }
  return { sender: new Sender({ client: server.client, clock, signal: stop.signal, onWait }), waits, stop }
}

test('429 and 503 are waited for as the server says, a lost connection ever longer', async () => {
  const server = fakeServer([
    problem(503, 'store_unavailable', { 'retry-after': '3' }),
    problem(429, 'rate_limited', { 'retry-after': '1' }),
    () => new TypeError('fetch failed'),
    accept,
  ])
  const { sender: one, waits } = sender(server)
  assert.deepEqual(await one.send([event(1)]), { published: 1, duplicates: 0, deliveries: 1, refused: [] })
  assert.deepEqual(waits, [3000, 1000, 2000])
})

test('only what failed for a while is sent again', async () => {
  const server = fakeServer([
    (events) =>
      Response.json(
        {
          results: events.map((_, index) =>
            index === 1
              ? { code: 'store_unavailable', status: 503, detail: 'later', errors: [] }
              : { event_id: 'e', deliveries: 2, duplicate: index === 2 },
          ),
        },
        { status: 202 },
      ),
    accept,
  ])
  const sent = await sender(server).sender.send([event(1, '1'), event(2, '2'), event(3, '3')])
  assert.deepEqual(sent, { published: 2, duplicates: 1, deliveries: 3, refused: [] })
  assert.deepEqual(server.sent[1], [{ event_type: 'a', data: 2 }])
})

test('a line for which the server refuses the whole batch is found by halving', async () => {
  const answer = (events: unknown[]) =>
    events.some((one) => (one as { data: unknown }).data === 'bad')
      ? problem(400, 'json_too_deep')()
      : accept(events)
  const server = fakeServer(Array.from({ length: 20 }, () => answer))
  const events = Array.from({ length: 9 }, (_, index) => event(index + 1, index === 5 ? '"bad"' : '0'))
  const sent = await sender(server).sender.send(events)
  assert.equal(sent.published, 8)
  assert.deepEqual(sent.refused, [{ line: 6, code: 'json_too_deep', detail: 'it is json_too_deep' }])
})

test('a refused key ends it at once, a server that stays away after two minutes', async () => {
  const denied = fakeServer([problem(401, 'unauthorized')])
  await assert.rejects(sender(denied).sender.send([event(1)]), /unauthorized/)
  assert.equal(denied.sent.length, 1)
  const away = fakeServer(Array.from({ length: 50 }, () => () => new TypeError('fetch failed')))
  const patient = sender(away)
  await assert.rejects(patient.sender.send([event(1)]), /unreachable/)
  const waited = patient.waits.reduce((sum, ms) => sum + ms, 0)
  assert.ok(waited > 120_000 && waited < 180_000, String(waited))
})

test('a stop ends the waiting', async () => {
  const server = fakeServer([problem(503, 'stopping', { 'retry-after': '30' })])
  const stop = new AbortController()
  const one = new Sender({
    ...{ client: server.client, clock: new FakeClock(), signal: stop.signal },
    onWait: () => stop.abort(),
  })
  await assert.rejects(
    one.send([event(1)]),
    (error) => error instanceof CliError && error.exit === 'interrupted',
  )
})

class FakeSender {
  readonly batches: NumberedEvent[][] = []
  running = 0
  most = 0

  async send(events: readonly NumberedEvent[]): Promise<Sent> {
    this.batches.push([...events])
    this.running += 1
    this.most = Math.max(this.most, this.running)
    await new Promise((resolve) => setImmediate(resolve))
    this.running -= 1
    return { published: events.length, duplicates: 0, deliveries: 0, refused: [] }
  }
}

async function publishLines(
  text: string | Readable,
  fake: Pick<Sender, 'send'>,
  stop = new AbortController(),
) {
  const refused: Refused[] = []
  const totals = await publishFile({
    stream: typeof text === 'string' ? Readable.from([Buffer.from(text)]) : text,
    ...{ sender: fake, makeId: idFromLine, inFlight: 3, stop: stop.signal },
    onProgress: () => {},
    onRefused: (one) => refused.push(one),
  })
  return { totals, refused }
}

test('batches hold at most 500 events and 5 MiB, and at most so many are on the way', async () => {
  const fake = new FakeSender()
  const small = Array.from({ length: 4321 }, (_, index) => `{"event_type":"a","data":${index}}`).join('\n')
  const { totals } = await publishLines(small, fake)
  assert.equal(totals.published, 4321)
  assert.deepEqual(
    fake.batches.map((batch) => batch.length),
    [...Array(8).fill(500), 321],
  )
  assert.equal(fake.most, 3)
  assert.deepEqual(
    fake.batches.flat().map(({ line }) => line),
    Array.from({ length: 4321 }, (_, index) => index + 1),
  )

  const big = new FakeSender()
  const large = Array.from({ length: 11 }, () => `{"event_type":"a","data":"${'x'.repeat(1_000_000)}"}`).join(
    '\n',
  )
  await publishLines(large, big)
  assert.deepEqual(
    big.batches.map((batch) => batch.length),
    [5, 5, 1],
  )
})

test('malformed lines are told with their numbers, and the others go on', async () => {
  const fake = new FakeSender()
  const text = ['{"event_type":"a","data":1}', '{oops', '', '{"event_type":"a","data":2}'].join('\n')
  const { totals, refused } = await publishLines(text, fake)
  assert.deepEqual(
    fake.batches[0]?.map(({ line }) => line),
    [1, 4],
  )
  assert.deepEqual([totals.published, totals.refused, totals.lines], [2, 1, 4])
  assert.equal(refused[0]?.line, 2)
})

test('a failure ends the reading and is thrown', async () => {
  const text = '{"event_type":"a","data":1}\n'.repeat(5000)
  await assert.rejects(publishLines(text, { send: () => Promise.reject(new Error('denied')) }), /denied/)
})

test('a stop ends the reading, also of a pipe that says nothing more; what was sent counts', async () => {
  const [fake, stop] = [new FakeSender(), new AbortController()]
  const pipe = new Readable({ read: () => {} })
  pipe.push(Buffer.from('{"event_type":"a","data":1}\n'))
  const done = publishLines(pipe, fake, stop)
  setImmediate(() => setImmediate(() => stop.abort()))
  const { totals } = await done
  assert.equal(totals.published, 1)
})
