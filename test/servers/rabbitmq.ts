/**
 * A RabbitMQ: the one whose URL the environment names, else one that is started here, on free ports of the loopback,
 * with a folder and a port mapper of its own, from the programs, from a container or from Debian's package. It takes
 * some ten seconds to start.
 */
import { chown, mkdtemp, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort, type Running, runProgram, startProgram, type User } from './child.ts'
import { fromDebian } from './debian.ts'
import { findServer, type Server, type Way, WhyNot } from './server.ts'

const VARIABLES = ['POSTHORN_TEST_AMQP_URL', 'AMQP_URL'] as const
const READY = /Server startup complete/
const IMAGE = 'rabbitmq:3-alpine'
const CONNECT_MS = 3000
/** What is on the PATH there changes the user and takes the settings of the system. */
const DEBIAN = '/usr/lib/rabbitmq/bin/rabbitmq-server'

/** @throws Error that says what was tried and why it led to none */
export function findRabbitmq(env: NodeJS.ProcessEnv = process.env): Promise<Server> {
  return findServer('RabbitMQ', rabbitmqWays(env))
}

export function rabbitmqWays(env: NodeJS.ProcessEnv): Way[] {
  return [
    ...VARIABLES.map((name) => ({ name, find: () => fromUrl(env[name]) })),
    { name: DEBIAN, find: fromPrograms },
    { name: `docker run ${IMAGE}`, find: fromDocker },
    { name: 'apt-get install rabbitmq-server', find: () => fromDebian('rabbitmq-server', fromPrograms) },
  ]
}

async function fromUrl(url: string | undefined): Promise<Server | WhyNot> {
  if (url === undefined || url === '') return new WhyNot('it is not set')
  const { hostname, port } = new URL(url)
  const { promise, resolve } = Promise.withResolvers<Server | WhyNot>()
  const socket = connect({ host: hostname, port: Number(port || 5672), timeout: CONNECT_MS })
  socket.on('connect', () => resolve({ url, about: 'RabbitMQ of the environment', stop: async () => {} }))
  socket.on('timeout', () => resolve(new WhyNot('it does not answer')))
  socket.on('error', (error) => resolve(new WhyNot(error.message)))
  const found = await promise
  socket.destroy()
  return found
}

async function fromPrograms(): Promise<Server | WhyNot> {
  const as = serverUser()
  const folder = await mkdtemp(join(tmpdir(), 'posthorn-rabbitmq-'))
  const clear = () => rm(folder, { recursive: true, force: true })
  if (as.uid !== undefined && as.gid !== undefined) await chown(folder, as.uid, as.gid)
  const [port, nodes, mapper] = [await freePort(), await freePort(), await freePort()]
  const env = {
    ...process.env,
    ...{ HOME: folder, RABBITMQ_MNESIA_BASE: join(folder, 'data'), RABBITMQ_LOG_BASE: join(folder, 'log') },
    ...{ RABBITMQ_PID_FILE: join(folder, 'pid'), RABBITMQ_ENABLED_PLUGINS_FILE: join(folder, 'plugins') },
    ...{ RABBITMQ_CONF_ENV_FILE: '/dev/null', RABBITMQ_CONFIG_FILE: join(folder, 'config') },
    ...{ RABBITMQ_NODENAME: `posthorn${port}@localhost`, RABBITMQ_LOGS: '-' },
    ...{
      RABBITMQ_NODE_IP_ADDRESS: '127.0.0.1',
      RABBITMQ_NODE_PORT: `${port}`,
      RABBITMQ_DIST_PORT: `${nodes}`,
    },
    ...{ ERL_EPMD_ADDRESS: '127.0.0.1', ERL_EPMD_PORT: `${mapper}` },
    // Then the script becomes the server, which can be stopped by its process id.
    RABBITMQ_ALLOW_INPUT: '1',
  }
  // Otherwise the server begins one that outlives it.
  const names = await startProgram(
    'epmd',
    ['-port', `${mapper}`, '-address', '127.0.0.1', '-d'],
    /running/,
    as,
  )
  if (names instanceof WhyNot) {
    await clear()
    return names
  }
  const running = await startProgram(DEBIAN, ['-noinput'], READY, { ...as, env })
  const end = async () => {
    await names.stop()
    await clear()
  }
  if (!(running instanceof WhyNot)) return started(running, port, 'started here', end)
  await end()
  return running
}

/** The package has made a user for it; anybody will do. */
function serverUser(): User {
  if (process.getuid?.() !== 0) return {}
  const [uid, gid] = [runProgram('id', ['-u', 'rabbitmq']), runProgram('id', ['-g', 'rabbitmq'])]
  return uid instanceof WhyNot || gid instanceof WhyNot ? {} : { uid: Number(uid), gid: Number(gid) }
}

async function fromDocker(): Promise<Server | WhyNot> {
  const port = await freePort()
  const running = await startProgram(
    'docker',
    ['run', '--rm', '--publish', `127.0.0.1:${port}:5672`, IMAGE],
    READY,
  )
  return running instanceof WhyNot ? running : started(running, port, 'in a container', async () => {})
}

function started(running: Running, port: number, how: string, end: () => Promise<void>): Server {
  const stop = async () => {
    await running.stop()
    await end()
  }
  return { url: `amqp://guest:guest@127.0.0.1:${port}`, about: `RabbitMQ ${how}`, stop }
}
