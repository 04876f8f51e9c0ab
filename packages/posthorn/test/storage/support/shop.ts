import type { NewDelivery } from '../../../src/domain/delivery.ts'
import type {
  Transaction,
  TransactionOptions,
  TransactionResult,
  TransactionStore,
} from '../../../src/ports/transactions.ts'
import type { SqliteStore } from '../../../src/storage/sqlite/open.ts'
import type { OpenReport } from '../../../src/storage/sqlite/recover.ts'
import { World } from '../../../src/testing/store-conformance/world.ts'
import { newFolder, openAt } from './folder.ts'

/** An application with a table of its own in the store's file. */
export class Shop {
  readonly world: World
  readonly report: OpenReport

  constructor(store: SqliteStore, seed: number) {
    this.world = new World(store, seed)
    this.report = store.report
  }

  static async open(options: { thread: boolean; folder?: string; seed?: number }): Promise<Shop> {
    const { thread, folder = newFolder(), seed = 1 } = options
    const shop = new Shop(await openAt(folder, { thread }), seed)
    await shop.transaction((tx) =>
      tx.run('create table if not exists orders (id text primary key, note text) strict'),
    )
    return shop
  }

  transaction<T>(
    work: (tx: Transaction) => T | Promise<T>,
    options: Partial<TransactionOptions> = {},
  ): Promise<TransactionResult<T>> {
    const { transactions } = this.world.store
    const signal = new AbortController().signal
    return (transactions as TransactionStore).run(work, { signal, ...options })
  }

  /** A stored delivery that is leased with the token `first`. */
  async leased(): Promise<NewDelivery> {
    const delivery = this.world.leased()
    await this.world.publish({}, delivery)
    return delivery
  }

  async stateOf({ id }: Pick<NewDelivery, 'id'>): Promise<string | undefined> {
    return (await this.world.store.deliveries.get(this.world.tenantId, id))?.state
  }

  /** Their ids in order. */
  async orders(): Promise<unknown[]> {
    const result = await this.transaction((tx) => tx.all('select id from orders order by id'))
    return result.recorded ? result.value.map(({ id }) => id) : []
  }

  close(): Promise<void> {
    return this.world.store.close()
  }
}
