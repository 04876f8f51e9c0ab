import { createBullBoard } from '@bull-board/api'
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter'
import { FastifyAdapter } from '@bull-board/fastify'
import type { BullmqQueue } from './bullmq-queue.ts'

/**
 * The pages of bull-board on a queue, to look at only: what is attempted is decided by the store, and changed through
 * the API. Whoever serves them says who may see them.
 * @param path where they are served: `/queues`
 */
export function bullmqDashboard({ jobs }: BullmqQueue, path: string) {
  const serverAdapter = new FastifyAdapter()
  serverAdapter.setBasePath(path)
  createBullBoard({
    queues: [
      new BullMQAdapter(jobs, {
        readOnlyMode: true,
        description: 'Each says: look at this lane at this time. Deliveries and attempts are in the store.',
      }),
    ],
    serverAdapter,
    options: { uiConfig: { boardTitle: 'Posthorn wake-ups', hideRedisDetails: false } },
  })
  // Its own would show what the client of Redis says.
  serverAdapter.setErrorHandler(() => ({ status: 500, body: { error: 'Redis does not answer.' } }))
  return serverAdapter.registerPlugin()
}
